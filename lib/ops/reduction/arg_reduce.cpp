#include "reduction/arg_reduce.h"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/resize/tap_table.hpp"
#include "ops/shape_rules.hpp"
#include "resize/resize.h"

#include <algorithm>

namespace vkseg {
namespace {

contract::ArgReduce channels_push(const Operand& x, const Operand& y)
{
    return {.extents = {x.batch(), x.rows(), x.width()},
            .source_strides = {x.view.batch_pitch, x.view.row_pitch, 1},
            .destination_strides = {y.view.batch_pitch, y.view.row_pitch, 1},
            .source_offset = x.view.offset,
            .destination_offset = y.view.offset,
            .elements = int(y.elements4()),
            .values = 0,
            .axis_extent = x.channels(),
            .axis_stride = x.view.block_pitch};
}

contract::ArgReduce linear_push(const Operand& x, const Operand& y, size_t axis, int& access)
{
    int outer = 1;
    int inner = 1;
    for (size_t i = 0; i < axis; ++i)
        outer *= int(x.shape[i]);
    for (size_t i = axis + 1; i < x.shape.rank(); ++i)
        inner *= int(x.shape[i]);
    const int extent = int(x.shape[axis]);
    access = inner % 4 == 0 ? contract::arg_reduce_elements : contract::arg_reduce_values;
    int offset = x.view.offset;
    if (access == contract::arg_reduce_elements)
        inner /= 4;
    else
        offset *= 4;
    return {.extents = {outer, 1, inner},
            .source_strides = {extent * inner, 0, 1},
            .destination_strides = {},
            .source_offset = offset,
            .destination_offset = y.view.offset,
            .elements = int(y.elements4()),
            .values = int(y.shape.elements()),
            .axis_extent = extent,
            .axis_stride = inner};
}

Status check_resize(const ArgReduce& op, const TensorInfo& x)
{
    if (is_float(x.type) && x.shape.rank() == 4 && op.axis == 1 && op.keep_dims &&
        op.resize->mode != ResizeMode::cubic && !op.resize->antialias &&
        op.resize->coordinates != CoordinateTransformation::tf_crop_and_resize)
        return {};
    return Status(StatusCode::unsupported, "a resize before it needs floats N x C x H x W, axis 1, keepdims, and "
                                           "no mode cubic, antialias or tf_crop_and_resize");
}

Result<Plan> plan_resized(const ArgReduce& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_ASSIGN(const std::vector<ResizeAxis> axes, resolve_resize(*op.resize, x.shape));
    const TapTable table(*op.resize, axes);
    VKSEG_TRY(table.check(request.limits));
    const int taps = table.taps()[2];
    Dispatch dispatch = {.shader = taps == 1 ? Shader::resize_arg_reduce_nearest : Shader::resize_arg_reduce_linear,
                         .variant = x.storage,
                         .specialization = {{contract::arg_reduce_is_min_id, op.is_min},
                                            {contract::arg_reduce_select_last_id, op.select_last}}};
    dispatch.push_constants = contract::Resize{.x = x.view,
                                               .y = y.view,
                                               .source_height = x.height(),
                                               .blocks = x.blocks(),
                                               .channels = x.channels(),
                                               .depth = 1,
                                               .height = y.height(),
                                               .width = y.width(),
                                               .depth_taps = 1,
                                               .height_taps = taps,
                                               .width_taps = taps,
                                               .depth_table = 0,
                                               .height_table = int(table.begin(1)),
                                               .width_table = int(table.begin(2)),
                                               .extrapolation = 0};
    dispatch.bindings = {output(), input(0), weights()};
    const Operand table_operand = {.buffer_bytes = table.bytes()};
    const Reading readings[] = {{.binding = 1, .operand = &x}, {.binding = 2, .operand = &table_operand}};
    read_texels(dispatch, readings, request.limits);
    set_linear_grid(dispatch, int64_t(y.rows()) * y.width(), request.limits);
    if (uint32_t(x.batch()) > request.limits.max_workgroup_count[2])
        return Status(StatusCode::unsupported, "expected a batch of at most " +
                                                   std::to_string(request.limits.max_workgroup_count[2]) +
                                                   " on this device, got " + std::to_string(x.batch()));
    dispatch.workgroup_count[2] = uint32_t(x.batch());
    dispatch.operations = double(x.batch()) * y.rows() * y.width() * x.blocks() * 4 * (2.0 * taps * taps + 4);
    return Plan{.dispatches = {dispatch}, .weight_layouts = {WeightLayout{}}};
}

} // namespace

Signature signature(const ArgReduce& op)
{
    return {.name = op.is_min ? "ArgMin" : "ArgMax", .packs_shapes = true};
}

Result<Outputs> infer(const ArgReduce& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    Shape x = inputs[0].shape;
    if (op.resize)
    {
        VKSEG_TRY(check_resize(op, inputs[0]));
        VKSEG_ASSIGN(const Outputs resized, infer(*op.resize, inputs));
        x = resized[0].shape;
    }
    if (inputs[0].type == DType::boolean)
        return Status(StatusCode::invalid_model, "the input must be floats or integers, got bool");
    VKSEG_TRY(check_extents(x));
    VKSEG_ASSIGN(const size_t reduced, resolve_axis(op.axis, x.rank()));
    if (x[reduced] == 0)
        return Status(StatusCode::invalid_model, "axis " + std::to_string(reduced) +
                                                     " must have at least one value to find the index of, got shape " +
                                                     to_string(x));
    Shape y;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (axis != reduced || op.keep_dims)
            y.append(axis == reduced ? 1 : x[axis]);
    }
    return single_output(DType::i64, y);
}

LayoutRule layout_rule(const ArgReduce& op, Inputs inputs)
{
    if (op.resize)
        return LayoutRule::blocked;
    const size_t rank = inputs[0].shape.rank();
    const Result<size_t> axis = resolve_axis(op.axis, rank);
    const bool is_image = rank >= 2 && rank <= 5 && op.keep_dims;
    return axis.is_ok() && *axis == 1 && is_image ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const ArgReduce& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    if (op.resize)
        return plan_resized(op, request);
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape.rank()));
    int access = contract::arg_reduce_channels;
    const contract::ArgReduce push =
        x.layout == Layout::blocked ? channels_push(x, y) : linear_push(x, y, axis, access);

    // Few results of long rows: a workgroup for each.
    constexpr int min_steps = 128;
    constexpr int max_elements = 4096;
    const bool is_shared = push.axis_extent >= min_steps && push.elements <= max_elements;
    Dispatch dispatch;
    dispatch.shader = Shader::arg_reduce;
    dispatch.variant = x.storage;
    dispatch.specialization = {{contract::arg_reduce_access_id, access},
                               {contract::arg_reduce_is_min_id, op.is_min},
                               {contract::arg_reduce_select_last_id, op.select_last},
                               {contract::arg_reduce_is_shared_id, is_shared}};
    dispatch.push_constants = push;
    dispatch.bindings = {output(), input(0)};
    constexpr double operations_a_value = 8;
    dispatch.operations = double(x.shape.elements()) * operations_a_value;
    set_linear_grid(dispatch, push.elements, request.limits);
    if (is_shared)
        dispatch.workgroup_count = {uint32_t(push.elements), 1, 1};
    Plan plan;
    plan.dispatches.push_back(dispatch);
    return plan;
}

Packing pack(const ArgReduce& op, Inputs inputs, const WeightLayout& layout, Storage storage)
{
    return op.resize ? pack(*op.resize, inputs, layout, storage) : Packing{};
}

} // namespace vkseg
