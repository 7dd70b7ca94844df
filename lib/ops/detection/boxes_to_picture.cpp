#include "detection/boxes_to_picture.h"

#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/picture/picture_placement.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {

Signature signature(const BoxesToPicture&)
{
    return {.name = "BoxesToPicture",
            .min_inputs = 2,
            .max_inputs = 2,
            .data_inputs = 2,
            .has_picture_bytes = true,
            .is_f32 = true};
}

Result<Outputs> infer(const BoxesToPicture& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const TensorInfo& boxes = inputs[0];
    if (!is_float(boxes.type) || boxes.shape.rank() != 2 || boxes.shape[1] != 4)
        return Status(StatusCode::invalid_model, std::string("boxes must be floats of shape Rx4, got ") +
                                                     name(boxes.type) + " " + to_string(boxes.shape));
    VKSEG_TRY(check_picture(inputs[1]));
    VKSEG_TRY(place_picture(op.placement, inputs[1].shape).status());
    return single_output(DType::f32, boxes.shape);
}

LayoutRule layout_rule(const BoxesToPicture&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const BoxesToPicture& op, const PlanRequest& request)
{
    const Operand& boxes = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("boxes", boxes, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    const Shape& picture = request.infos[1].shape;
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, picture));
    Dispatch dispatch = {.shader = Shader::boxes_to_picture};
    dispatch.push_constants = contract::BoxesToPicture{.y_offset = y.view.offset,
                                                       .boxes_offset = boxes.view.offset,
                                                       .count = int(boxes.shape[0]),
                                                       .left = float(placed.left),
                                                       .top = float(placed.top),
                                                       .scale_x = float(picture[1]) / float(placed.width),
                                                       .scale_y = float(picture[0]) / float(placed.height),
                                                       .width = float(picture[1]),
                                                       .height = float(picture[0]),
                                                       .clips = op.clips};
    dispatch.bindings = {output(), input(0)};
    dispatch.operations = 16.0 * double(boxes.shape[0]);
    set_linear_grid(dispatch, boxes.shape[0], request.limits);
    Plan plan;
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
