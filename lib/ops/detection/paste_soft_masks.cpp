#include "detection/paste_soft_masks.h"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/detection/paste_launches.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
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
    VKSEG_ASSIGN(const int masks_at_a_time, instances_that_fit("masks", masks, request.limits));
    const Operand* const operands[] = {&y};
    VKSEG_ASSIGN(const std::vector<ElementShare> shares,
                 share_elements("output", operands, request.limits, masks_at_a_time));
    const int64_t values_of_mask = masks.shape[2] * masks.shape[3];
    const int64_t pixels = y.shape[1] * y.shape[2];
    Plan plan;
    for (const ElementShare& share : shares)
    {
        const int64_t begin = share.first_element * 4;
        const int64_t end = std::min(begin + share.elements * 4, y.shape.elements());
        const int64_t first = begin / pixels;
        const int64_t instances = div_ceil(end, pixels) - first;
        if (instances > masks_at_a_time) // an element holds values of several instances
            return check_binding("masks", masks, request.limits);
        const LinearWindow to = bind_values(output(0), y, begin, share.elements * 4, request.limits);
        const LinearWindow from =
            bind_values(input(0), masks, first * values_of_mask, instances * values_of_mask, request.limits);
        Dispatch dispatch = {.shader = Shader::paste_soft_masks, .variant = request.real};
        dispatch.bindings = {to.binding, from.binding, input(1)};
        dispatch.push_constants = contract::PasteSoftMasks{.destination_offset = to.offset / 4,
                                                           .masks_offset = from.offset,
                                                           .boxes_offset = boxes.view.offset + int(first),
                                                           .first_value = int(begin - first * pixels),
                                                           .values = int(end - begin),
                                                           .mask_height = int(masks.shape[2]),
                                                           .mask_width = int(masks.shape[3]),
                                                           .height = int(y.shape[1]),
                                                           .width = int(y.shape[2])};
        dispatch.operations = 48.0 * double(end - begin);
        set_linear_grid(dispatch, share.elements, request.limits);
        set_linear_span(dispatch, share.first_entry, share.entries);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
