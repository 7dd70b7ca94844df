#include "normalization/instance_normalization.h"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/normalization/normalization.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

constexpr int64_t min_slice_pixels = 2048;
constexpr int64_t max_slices = 64; // one invocation merges all slices

constexpr uint32_t coefficients_scratch = 0;
constexpr uint32_t partial_scratch = 1;

struct Slices
{
    int64_t pixels = 0; ///< pixels of a slice; the last slice may have fewer
    int64_t count = 0;
};

Slices slices_of(int64_t plane)
{
    const int64_t pixels = std::max(min_slice_pixels, div_ceil(plane, max_slices));
    return {.pixels = pixels, .count = div_ceil(plane, pixels)};
}

Status append_moments(Plan& plan, const PlanRequest& request, const Slices& slices)
{
    const Operand& x = request.inputs[0];
    const Operand* const operands[] = {&x};
    VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(operands, request.limits));
    for (const BlockShare& share : shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, request.limits);
        Dispatch dispatch = {.shader = Shader::instance_normalization, .variant = request.real};
        dispatch.push_constants = contract::InstanceMoments{.x = from.view,
                                                            .rows = x.rows(),
                                                            .width = x.width(),
                                                            .slice_pixels = int(slices.pixels),
                                                            .slices = int(slices.count),
                                                            .first_batch = share.first_batch,
                                                            .first_block = share.first_block,
                                                            .blocks = x.blocks()};
        dispatch.bindings = {scratch(partial_scratch), from.binding};
        dispatch.workgroup_count = {uint32_t(slices.count), uint32_t(share.blocks), uint32_t(share.batches)};
        dispatch.operations = 16.0 * share.batches * share.blocks * x.rows() * x.width();
        plan.dispatches.push_back(std::move(dispatch));
    }
    return {};
}

void append_merge(Plan& plan, const InstanceNormalization& op, const PlanRequest& request, const Slices& slices)
{
    const Operand& x = request.inputs[0];
    Dispatch dispatch = {.shader = Shader::instance_normalization_merge};
    dispatch.push_constants = contract::InstanceMerge{.pixels = x.rows() * x.width(),
                                                      .slice_pixels = int(slices.pixels),
                                                      .slices = int(slices.count),
                                                      .batch = x.batch(),
                                                      .blocks = x.blocks(),
                                                      .channels = x.channels(),
                                                      .epsilon = op.epsilon};
    dispatch.bindings = {scratch(coefficients_scratch), scratch(partial_scratch), weights()};
    set_linear_grid(dispatch, int64_t(x.batch()) * x.blocks(), request.limits);
    dispatch.operations = 64.0 * x.batch() * x.blocks() * double(slices.count);
    plan.dispatches.push_back(std::move(dispatch));
}

} // namespace

Signature signature(const InstanceNormalization&)
{
    return {.name = "InstanceNormalization", .min_inputs = 3, .max_inputs = 3};
}

Result<Outputs> infer(const InstanceNormalization& op, Inputs inputs)
{
    VKSEG_TRY(check_channel_parameters(inputs, 2, 3));
    if (!(op.epsilon >= 0))
        return Status(StatusCode::invalid_model, "epsilon must not be negative, got " + std::to_string(op.epsilon));
    return single_output(inputs[0].type, inputs[0].shape);
}

LayoutRule layout_rule(const InstanceNormalization&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const InstanceNormalization& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Slices slices = slices_of(int64_t(x.rows()) * x.width());
    const size_t planes = size_t(x.batch()) * size_t(x.blocks());
    constexpr size_t vec4_bytes = 16;
    Plan plan = {.weight_layouts = {WeightLayout{}},
                 .scratch_bytes = {planes * 3 * vec4_bytes, planes * size_t(slices.count) * 3 * vec4_bytes}};
    for (const size_t bytes : plan.scratch_bytes)
    {
        if (bytes > request.limits.max_storage_buffer_range_bytes)
            return Status(StatusCode::out_of_memory,
                          "the statistics of " + to_string(x.shape) + " take " + std::to_string(bytes) +
                              " bytes, but the device binds at most " +
                              std::to_string(request.limits.max_storage_buffer_range_bytes) + " at a time");
    }
    VKSEG_TRY(append_moments(plan, request, slices));
    append_merge(plan, op, request, slices);
    VKSEG_TRY(append_normalization(plan, request, scratch(coefficients_scratch), x.blocks() * 3));
    return plan;
}

Packing pack(const InstanceNormalization&, Inputs inputs, const WeightLayout&, Storage)
{
    const auto make_lists = [parameters = std::array{inputs[1].constant, inputs[2].constant}]
    {
        std::vector<std::vector<double>> lists;
        for (const Tensor* const parameter : parameters)
        {
            const std::vector<float> values = parameter->to_floats();
            lists.emplace_back(values.begin(), values.end());
        }
        return lists;
    };
    return pack_channels(inputs[1].constant->elements(), 2, make_lists);
}

} // namespace vkseg
