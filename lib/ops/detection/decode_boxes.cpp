#include "detection/decode_boxes.h"

#include "base/text.hpp"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {

Signature signature(const DecodeBoxes&)
{
    return {.name = "DecodeBoxes", .min_inputs = 2, .max_inputs = 3, .data_inputs = 2, .is_f32 = true};
}

Status resolve(DecodeBoxes& op, Inputs inputs)
{
    return read_parameter(inputs, 2, "size", op.size);
}

Result<Outputs> infer(const DecodeBoxes& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const Shape& boxes = inputs[0].shape;
    const Shape& deltas = inputs[1].shape;
    if (!is_float(inputs[0].type) || !is_float(inputs[1].type))
        return Status(StatusCode::unsupported, std::string("boxes and deltas must be floats, got ") +
                                                   name(inputs[0].type) + " and " + name(inputs[1].type));
    if (boxes.rank() != 2 || boxes[1] != 4)
        return Status(StatusCode::invalid_model, "boxes must have the shape [N,4], got " + to_string(boxes));
    if (deltas.rank() != 2 || deltas[0] != boxes[0] || deltas[1] < 4 || deltas[1] % 4 != 0)
        return Status(StatusCode::invalid_model, "deltas must have four values for each class of each of " +
                                                     std::to_string(boxes[0]) + " boxes, got " + to_string(deltas));
    if (!op.weights.empty() && op.weights.size() != 4)
        return Status(StatusCode::invalid_model,
                      "weights must be four divisors, got " + counted(op.weights.size(), "value"));
    if (!std::ranges::all_of(op.weights, [](float weight) { return std::isfinite(weight) && weight != 0; }))
        return Status(StatusCode::invalid_model, "weights must be finite and not 0");
    if (!op.size.empty() &&
        (op.size.size() != 2 || std::ranges::any_of(op.size, [](int64_t extent) { return extent < 1; })))
        return Status(StatusCode::invalid_model,
                      "size must be a height and a width of at least 1, got " + to_string(Shape(op.size)));
    return single_output(DType::f32, {deltas.elements() / 4, 4});
}

LayoutRule layout_rule(const DecodeBoxes&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const DecodeBoxes& op, const PlanRequest& request)
{
    const Operand& boxes = request.inputs[0];
    const Operand& deltas = request.inputs[1];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("boxes", boxes, request.limits));
    VKSEG_TRY(check_binding("deltas", deltas, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    const auto weight = [&](size_t i) { return op.weights.empty() ? 1.0f : op.weights[i]; };
    const float last_pixel = op.has_inclusive_corners ? 1.0f : 0.0f;
    Dispatch dispatch = {.shader = Shader::decode_boxes};
    dispatch.push_constants = contract::DecodeBoxes{.y_offset = y.view.offset,
                                                    .boxes_offset = boxes.view.offset,
                                                    .deltas_offset = deltas.view.offset,
                                                    .count = int(y.shape[0]),
                                                    .classes = int(deltas.shape[1] / 4),
                                                    .is_clipped = op.size.empty() ? 0 : 1,
                                                    .last_pixel = last_pixel,
                                                    .height = op.size.empty() ? 0 : float(op.size[0]) - last_pixel,
                                                    .width = op.size.empty() ? 0 : float(op.size[1]) - last_pixel,
                                                    .max_log_scale = op.max_log_scale,
                                                    .weight_x = weight(0),
                                                    .weight_y = weight(1),
                                                    .weight_width = weight(2),
                                                    .weight_height = weight(3)};
    dispatch.bindings = {output(), input(0), input(1)};
    dispatch.operations = 32.0 * double(y.shape[0]);
    set_linear_grid(dispatch, y.shape[0], request.limits);
    Plan plan;
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
