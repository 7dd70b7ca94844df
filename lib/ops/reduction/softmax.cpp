#include "reduction/softmax.h"
#include "base/try.hpp"
#include "ops/loop_turns.hpp"
#include "ops/operators.hpp"
#include "ops/reduction/reduction.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

/// The tensor as outer × extent × inner values, with the softmax along `extent`.
struct Rows
{
    int64_t outer = 1;
    int64_t extent = 1;
    int64_t inner = 1;
    bool is_channels = false; ///< the softmax runs over axis 1 alone
};

Result<Rows> rows_of(const Softmax& op, const Shape& x)
{
    if (x.rank() == 0)
        return Rows{};
    // In the flattening form the axis may also be the rank: then every row is one value.
    if (op.flattens && op.axis == int64_t(x.rank()))
        return Rows{.outer = x.elements()};
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.rank()));
    Rows rows = {.extent = x[axis]};
    for (size_t i = 0; i < axis; ++i)
        rows.outer *= x[i];
    for (size_t i = axis + 1; i < x.rank(); ++i)
        rows.inner *= x[i];
    rows.is_channels = axis == 1;
    if (op.flattens)
    {
        rows.is_channels = rows.is_channels && rows.inner == 1;
        rows.extent *= rows.inner;
        rows.inner = 1;
    }
    return rows;
}

Plan plan_channels(const Softmax& op, const Operand& x, const Operand& y, const Limits& limits)
{
    Dispatch dispatch;
    dispatch.shader = Shader::softmax_channels;
    dispatch.variant = x.storage;
    dispatch.specialization = {{contract::softmax_is_log_id, op.is_log}};
    dispatch.push_constants = contract::SoftmaxChannels{
        .x = x.view, .y = y.view, .batch = x.batch(), .channels = x.channels(), .rows = x.rows(), .width = x.width()};
    dispatch.bindings = {output(), input(0)};
    constexpr double operations_a_value = 24;
    dispatch.operations = double(x.shape.elements()) * operations_a_value;
    set_linear_grid(dispatch, int64_t(x.batch()) * x.rows() * x.width(), limits);
    const Reading reading = {.binding = 1, .operand = &x};
    read_texels(dispatch, {&reading, 1}, limits);
    Plan plan;
    plan.dispatches.push_back(dispatch);
    return plan;
}

Plan plan_rows(const Softmax& op, const Rows& rows, const Operand& x, const Operand& y, const Limits& limits)
{
    // Computes the sum of exponentials of each row, relative to its peak, and then every value.
    Operand three_axes = x;
    three_axes.shape = {rows.outer, rows.extent, rows.inner};
    Operand sums = {.shape = {rows.outer, 1, rows.inner}, .layout = Layout::linear};
    AxisSet axes;
    axes.set(1);
    const Reduction reduction = describe_reduction(ReduceKind::log_sum_exp, axes, three_axes, sums);
    Plan plan;
    plan.scratch_bytes = {partial_bytes(reduction)};
    plan.dispatches.push_back(
        reduction_launch(reduction, contract::reduce_partial, is_worth_sharing(reduction), limits));

    Dispatch dispatch;
    dispatch.shader = Shader::softmax;
    dispatch.variant = x.storage;
    dispatch.specialization = {{contract::softmax_is_log_id, op.is_log},
                               {contract::softmax_has_element_rows_id, rows.inner % 4 == 0}};
    dispatch.push_constants = contract::Softmax{.x_offset = x.view.offset,
                                                .y_offset = y.view.offset,
                                                .values = int(x.shape.elements()),
                                                .extent = int(rows.extent),
                                                .inner = int(rows.inner)};
    dispatch.bindings = {output(), input(0), scratch()};
    constexpr double operations_a_value = 12;
    dispatch.operations = double(x.shape.elements()) * operations_a_value;
    set_linear_grid(dispatch, x.elements4(), limits);
    plan.dispatches.push_back(dispatch);
    return plan;
}

} // namespace

Signature signature(const Softmax& op)
{
    return {.name = op.is_log ? "LogSoftmax" : "Softmax"};
}

Result<Outputs> infer(const Softmax& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    if (!is_float(inputs[0].type))
        return Status(StatusCode::invalid_model,
                      std::string("the input must be of floats, got ") + name(inputs[0].type));
    VKSEG_TRY(check_extents(inputs[0].shape));
    VKSEG_TRY(rows_of(op, inputs[0].shape).status());
    return single_output(inputs[0].type, inputs[0].shape);
}

LayoutRule layout_rule(const Softmax& op, Inputs inputs)
{
    const Shape& x = inputs[0].shape;
    const Result<Rows> rows = rows_of(op, x);
    return rows.is_ok() && rows->is_channels && x.rank() <= 5 ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const Softmax& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    VKSEG_ASSIGN(const Rows rows, rows_of(op, x.shape));
    // A softmax over channels has three successive loops.
    VKSEG_TRY(check_loop_turns(x.layout == Layout::blocked ? 3 * int64_t(x.blocks()) : rows.extent, request.limits));
    if (x.layout == Layout::blocked)
        return plan_channels(op, x, y, request.limits);
    Plan plan = plan_rows(op, rows, x, y, request.limits);
    if (plan.scratch_bytes[0] > request.limits.max_storage_buffer_range_bytes)
        return Status(StatusCode::out_of_memory, "the sums of all rows take " + std::to_string(plan.scratch_bytes[0]) +
                                                     " bytes, but the device binds at most " +
                                                     std::to_string(request.limits.max_storage_buffer_range_bytes) +
                                                     " at a time; use a smaller input");
    return plan;
}

} // namespace vkseg
