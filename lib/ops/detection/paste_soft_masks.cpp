#include "detection/paste_soft_masks.h"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/detection/paste_launches.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Number of instances that a launch pastes: their values fill whole elements, unless all are pasted at once.
Result<int> soft_masks_at_a_time(const Operand& y, const Limits& limits)
{
    constexpr int element = 4;
    VKSEG_ASSIGN(const int fitting, instances_that_fit("output", y, limits));
    if (fitting == y.shape[0] || y.shape[1] * y.shape[2] % element == 0)
        return fitting;
    if (fitting < element)
        return check_binding("output", y, limits);
    return fitting / element * element;
}

} // namespace

Signature signature(const PasteSoftMasks&)
{
    return {.name = "PasteSoftMasks", .min_inputs = 2, .max_inputs = 3, .data_inputs = 2};
}

Status resolve(PasteSoftMasks& op, Inputs inputs)
{
    return read_parameter(inputs, 2, "size", op.size);
}

Result<Outputs> infer(const PasteSoftMasks& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const TensorInfo& masks = inputs[0];
    const TensorInfo& boxes = inputs[1];
    const Shape& shape = masks.shape;
    if (!is_float(masks.type) || shape.rank() != 4 || shape[1] != 1)
        return Status(StatusCode::invalid_model, std::string("masks must be floats of shape Rx1xhxw, got ") +
                                                     name(masks.type) + " " + to_string(shape));
    const auto fits = [](int64_t extent) { return extent >= 1 && extent <= contract::paste_max_mask_extent; };
    if (!fits(shape[2]) || !fits(shape[3]))
        return Status(StatusCode::unsupported, "expected extents of masks from 1 to " +
                                                   std::to_string(contract::paste_max_mask_extent) + ", got " +
                                                   to_string(shape));
    if (is_float(boxes.type) || boxes.type == DType::boolean || boxes.shape != Shape{shape[0], 4})
        return Status(StatusCode::invalid_model, "boxes must be integers of shape " + to_string(Shape{shape[0], 4}) +
                                                     ", got " + name(boxes.type) + " " + to_string(boxes.shape));
    VKSEG_TRY(check_paste_size(op.size));
    return single_output(masks.type, {shape[0], op.size[0], op.size[1]});
}

LayoutRule layout_rule(const PasteSoftMasks&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const PasteSoftMasks&, const PlanRequest& request)
{
    const Operand& masks = request.inputs[0];
    const Operand& boxes = request.inputs[1];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("boxes", boxes, request.limits));
    VKSEG_TRY(check_binding("masks", masks, request.limits));
    VKSEG_ASSIGN(const int at_a_time, soft_masks_at_a_time(y, request.limits));
    const auto instances = int(y.shape[0]);
    VKSEG_TRY(check_launches(div_ceil(instances, at_a_time)));
    const auto values_of_mask = int(masks.shape[2] * masks.shape[3]);
    const int64_t pixels = y.shape[1] * y.shape[2];
    Plan plan;
    for (int first = 0; first < instances; first += at_a_time)
    {
        const int count = std::min(at_a_time, instances - first);
        const int64_t elements = div_ceil(count * pixels, 4);
        const LinearWindow to = bind_values(output(0), y, first * pixels, elements * 4, request.limits);
        Dispatch dispatch = {.shader = Shader::paste_soft_masks, .variant = request.real};
        dispatch.bindings = {to.binding, input(0), input(1)};
        dispatch.push_constants =
            contract::PasteSoftMasks{.destination_offset = to.offset / 4,
                                     .masks_offset = masks.view.offset * 4 + first * values_of_mask,
                                     .boxes_offset = boxes.view.offset + first,
                                     .values = int(count * pixels),
                                     .mask_height = int(masks.shape[2]),
                                     .mask_width = int(masks.shape[3]),
                                     .height = int(y.shape[1]),
                                     .width = int(y.shape[2])};
        dispatch.operations = 48.0 * double(count) * double(pixels);
        set_linear_grid(dispatch, elements, request.limits);
        set_linear_span(dispatch, first, count);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
