#include "detection/roi_align.h"

#include "base/try.hpp"
#include "ops/detection/roi_launches.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <cmath>
#include <limits>

namespace vkseg {
namespace {

constexpr float no_bound = std::numeric_limits<float>::infinity();

/// Smallest area of the boxes of a level after the first (Lin 2017, equation 1). The number of the level of scale s is
/// -log2(s); torchvision adds the slack to a box's level before it rounds down.
float min_area(const RoiAlign& op, size_t level)
{
    constexpr double slack = 1e-6;
    const double number = std::round(-std::log2(double(op.scales[level])));
    const double size = double(op.canonical_size) * std::exp2(number - double(op.canonical_level) - slack);
    return float(size * size);
}

Status check_levels(const RoiAlign& op)
{
    for (const float scale : op.scales)
    {
        if (!(scale > 0 && std::isfinite(scale)))
            return Status(StatusCode::invalid_model, "scales must be above 0, got " + std::to_string(scale));
    }
    if (op.scales.size() == 1)
        return {};
    for (size_t level = 1; level < op.scales.size(); ++level)
    {
        const double ratio = double(op.scales[level - 1]) / double(op.scales[level]);
        if (std::abs(ratio - 2) > 1e-3)
            return Status(StatusCode::invalid_model, "scales must halve from level to level, got " +
                                                         std::to_string(op.scales[level - 1]) + " before " +
                                                         std::to_string(op.scales[level]));
    }
    if (!(op.canonical_size > 0 && std::isfinite(op.canonical_size) && std::isfinite(op.canonical_level)))
        return Status(StatusCode::invalid_model,
                      "the canonical size must be above 0 and the canonical level finite, got " +
                          std::to_string(op.canonical_size) + " and " + std::to_string(op.canonical_level));
    return {};
}

Status check_batch_indices(const RoiAlign& op, Inputs inputs)
{
    const size_t levels = op.scales.size();
    const Shape& boxes = inputs[levels].shape;
    const Shape& x = inputs[0].shape;
    if (op.has_batch_indices)
    {
        const TensorInfo& indices = inputs[levels + 1];
        if (is_float(indices.type) || indices.shape.rank() != 1 || indices.shape[0] != boxes[0])
            return Status(StatusCode::invalid_model, "batch indices must be integers of shape " +
                                                         std::to_string(boxes[0]) + ", got " + name(indices.type) +
                                                         " " + to_string(indices.shape));
        return {};
    }
    if (x[0] == 1)
        return {};
    return Status(StatusCode::invalid_model,
                  "boxes without batch indices need a batch of 1, got feature maps " + to_string(x));
}

struct LevelPlanner
{
    const RoiAlign& op;
    const PlanRequest& request;

    Status append(std::vector<Dispatch>& dispatches, uint32_t level) const
    {
        const Operand& x = request.inputs[level];
        const bool is_adaptive = op.sampling_ratio == 0;
        const int64_t rows = is_adaptive ? x.height() + contract::roi_surplus_samples : op.sampling_ratio;
        const int64_t columns = is_adaptive ? x.width() + contract::roi_surplus_samples : op.sampling_ratio;
        VKSEG_ASSIGN(const int columns_per_turn, choose_columns_per_turn(rows, columns, request.limits));
        VKSEG_ASSIGN(const std::vector<RoiShare> shares, share_rois(level, request));
        for (const RoiShare& share : shares)
        {
            Dispatch dispatch = roi_dispatch(Shader::roi_align, share, request);
            const auto boxes = uint32_t(op.scales.size());
            dispatch.bindings.push_back(input(boxes));
            dispatch.bindings.push_back(input(op.has_batch_indices ? boxes + 1 : boxes)); // the kernel needs four
            dispatch.specialization = {{contract::roi_columns_per_turn_id, columns_per_turn},
                                       {contract::roi_is_max_id, int(op.is_max)}};
            dispatch.push_constants = push_constants(level, share);
            const Reading features = {.binding = 1, .operand = &x};
            read_texels(dispatch, {&features, 1}, request.limits);
            // Estimate: an adaptive number of samples is small in most bins.
            const double samples = is_adaptive ? 4 : double(op.sampling_ratio) * double(op.sampling_ratio);
            const Operand& y = request.outputs[0];
            dispatch.operations =
                32.0 * samples * share.boxes * share.maps.blocks * double(y.rows()) * double(y.width());
            dispatches.push_back(std::move(dispatch));
        }
        return {};
    }

    contract::RoiAlign push_constants(size_t level, const RoiShare& share) const
    {
        const size_t levels = op.scales.size();
        const Operand& x = request.inputs[level];
        const Operand& y = request.outputs[0];
        return {.x = share.from.view,
                .y = share.to.view,
                .boxes = request.inputs[levels].view,
                .indices_offset = op.has_batch_indices ? request.inputs[levels + 1].view.offset : -1,
                .first_box = share.first_box,
                .boxes_count = share.boxes,
                .blocks = share.maps.blocks,
                .batches = x.batch(),
                .first_batch = share.maps.first_batch,
                .last_batch = share.maps.first_batch + share.maps.batches - 1,
                .input_height = x.height(),
                .input_width = x.width(),
                .output_height = y.height(),
                .output_width = y.width(),
                .sampling_ratio = int(op.sampling_ratio),
                .scale = op.scales[level],
                .shift = op.is_aligned ? 0.5f : 0.0f,
                .min_size = op.is_aligned ? -no_bound : 1.0f,
                .min_area = level == 0 ? 0 : min_area(op, level),
                .end_area = level + 1 == levels ? no_bound : min_area(op, level + 1)};
    }
};

} // namespace

Signature signature(const RoiAlign& op)
{
    const size_t inputs = op.scales.size() + (op.has_batch_indices ? 2 : 1);
    return {.name = "RoiAlign",
            .min_inputs = inputs,
            .max_inputs = inputs,
            .data_inputs = inputs,
            .f32_input = op.scales.size()};
}

Result<Outputs> infer(const RoiAlign& op, Inputs inputs)
{
    const size_t levels = op.scales.size();
    if (levels == 0)
        return Status(StatusCode::invalid_model, "expected the scale of at least one feature map, got none");
    VKSEG_TRY(check_given(inputs, levels + (op.has_batch_indices ? 2 : 1)));
    VKSEG_TRY(check_levels(op));
    VKSEG_TRY(check_output_size(op.output_size));
    constexpr int64_t max_ratio = 4096;
    if (op.sampling_ratio < 0 || op.sampling_ratio > max_ratio)
        return Status(StatusCode::invalid_model, "sampling_ratio must be from 0 to " + std::to_string(max_ratio) +
                                                     ", got " + std::to_string(op.sampling_ratio));
    for (const TensorInfo& x : inputs.first(levels))
    {
        VKSEG_TRY(check_features(x));
        const Shape& first = inputs[0].shape;
        if (x.shape[0] != first[0] || x.shape[1] != first[1] || x.type != inputs[0].type)
            return Status(StatusCode::invalid_model, "feature maps must agree in type, batch and channels, got " +
                                                         to_string(first) + " and " + to_string(x.shape));
    }
    VKSEG_TRY(check_boxes(inputs[levels], 4));
    VKSEG_TRY(check_batch_indices(op, inputs));
    return single_output(inputs[0].type,
                         {inputs[levels].shape[0], inputs[0].shape[1], op.output_size[0], op.output_size[1]});
}

LayoutRule layout_rule(const RoiAlign&, Inputs)
{
    return LayoutRule::blocked; // a box is an element, too
}

Result<Plan> plan(const RoiAlign& op, const PlanRequest& request)
{
    const size_t levels = op.scales.size();
    VKSEG_TRY(check_binding("boxes", request.inputs[levels], request.limits));
    if (op.has_batch_indices)
        VKSEG_TRY(check_binding("batch indices", request.inputs[levels + 1], request.limits));
    Plan plan;
    const LevelPlanner planner = {.op = op, .request = request};
    for (uint32_t level = 0; level < levels; ++level)
        VKSEG_TRY(planner.append(plan.dispatches, level));
    return plan;
}

} // namespace vkseg
