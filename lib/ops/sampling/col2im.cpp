#include "sampling/col2im.h"

#include "base/try.hpp"
#include "ops/loop_turns.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "ops/window.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Shape of the pictures [N,C,…] for x [N,C·taps,L]; C is 0 if the taps do not divide the channels.
Shape picture_shape(const Col2im& op, const Shape& x)
{
    int64_t taps = 1;
    for (const int64_t extent : op.window.kernel)
        taps *= std::clamp<int64_t>(extent, 1, x[1] + 1); // larger blocks do not divide the channels either
    Shape y = {x[0], x[1] % taps == 0 ? x[1] / taps : 0};
    for (const int64_t extent : op.image)
        y.append(extent);
    return y;
}

contract::Col2imAxis col2im_axis(const WindowAxis& axis)
{
    return {.extent = axis.input,
            .kernel = axis.kernel,
            .stride = axis.stride,
            .dilation = axis.dilation,
            .pad_begin = axis.pad_begin,
            .blocks = axis.output};
}

} // namespace

Signature signature(const Col2im&)
{
    return {.name = "Col2Im", .max_inputs = 3};
}

Status resolve(Col2im& op, Inputs inputs)
{
    VKSEG_TRY(read_parameter(inputs, 1, "image_shape", op.image));
    return read_parameter(inputs, 2, "block_shape", op.window.kernel);
}

Result<Outputs> infer(const Col2im& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    if (!is_float(inputs[0].type) || x.rank() != 3)
        return Status(StatusCode::invalid_model,
                      std::string("x must be floats of shape NxCxL, got ") + name(inputs[0].type) + " " + to_string(x));
    const size_t axes = op.image.size();
    if (axes < 1 || axes > 3 || op.window.kernel.size() != axes)
        return Status(StatusCode::unsupported, "the image and the blocks must have 1 to 3 axes, got " +
                                                   std::to_string(axes) + " and " +
                                                   std::to_string(op.window.kernel.size()));
    const Shape y = picture_shape(op, x);
    if (y[1] == 0 || std::ranges::any_of(op.image, [](int64_t extent) { return extent < 1; }))
        return Status(StatusCode::invalid_model, "x must have a multiple of the blocks' elements as channels, and the "
                                                 "image must have pixels, got x " +
                                                     to_string(x) + " and " + to_string(y));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, y));
    const Shape blocks = geometry.output_shape(1, 1);
    if (blocks.elements() != x[2])
        return Status(StatusCode::invalid_model, "x must have " + std::to_string(blocks.elements()) +
                                                     " columns, one for each block, got " + std::to_string(x[2]));
    return single_output(inputs[0].type, y);
}

LayoutRule layout_rule(const Col2im&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const Col2im& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, y.shape));
    const std::array<int64_t, 3> taps = {geometry.depth().kernel, geometry.height().kernel, geometry.width().kernel};
    VKSEG_TRY(check_loop_turns(count_loop_turns(4, taps), request.limits));
    Dispatch dispatch = {.shader = Shader::col2im, .variant = request.real};
    dispatch.push_constants = contract::Col2im{.destination_offset = y.view.offset,
                                               .source_offset = x.view.offset * 4,
                                               .values = int(y.shape.elements()),
                                               .depth = col2im_axis(geometry.depth()),
                                               .height = col2im_axis(geometry.height()),
                                               .width = col2im_axis(geometry.width())};
    dispatch.bindings = {output(), input(0)};
    dispatch.operations = 16.0 * double(y.shape.elements()) * geometry.taps();
    set_linear_grid(dispatch, y.elements4(), request.limits);
    Plan plan;
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
