#include "max_unpool.h"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "ops/window.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Where an output shape is given, ONNX says to ignore pads, and exporters leave them out: if they are, or do not lead
/// to that shape, the pool may have had any that are smaller than its window.
contract::MaxUnpoolAxis contract_axis(const MaxUnpool& op, const WindowAxis& axis, int extent)
{
    int least_pad = axis.pad_begin;
    int most_pad = axis.pad_begin;
    const bool is_left_out = !op.output_shape.empty() && op.window.pads.empty();
    if (is_left_out || extent < axis.output || extent >= axis.output + axis.stride)
    {
        least_pad = 0;
        most_pad = std::max(axis.pad_begin, axis.reach() - 1);
    }
    return {.input_extent = axis.input,
            .stride = axis.stride,
            .before = most_pad,
            .behind = axis.reach() - 1 - least_pad,
            .output_extent = extent};
}

} // namespace

Status resolve(MaxUnpool& op, Inputs inputs)
{
    return read_parameter(inputs, 2, "output_shape", op.output_shape);
}

Result<Outputs> infer(const MaxUnpool& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const TensorInfo& x = inputs[0];
    const TensorInfo& indices = inputs[1];
    if (!is_float(x.type))
        return Status(StatusCode::unsupported, std::string("input must be of floats, got ") + name(x.type));
    if (is_float(indices.type) || indices.type == DType::boolean)
        return Status(StatusCode::invalid_model, std::string("indices must be integers, got ") + name(indices.type));
    if (indices.shape != x.shape)
        return Status(StatusCode::invalid_model, "indices must have the input's shape " + to_string(x.shape) +
                                                     ", got " + to_string(indices.shape));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_transposed_window(op.window, x.shape, {}, {}));
    if (op.output_shape.empty())
        return single_output(x.type, geometry.output_shape(x.shape[0], x.shape[1]), inputs.first(2));
    if (op.output_shape.size() != x.shape.rank())
        return Status(StatusCode::invalid_model, "output_shape must have " + std::to_string(x.shape.rank()) +
                                                     " entries, got " + std::to_string(op.output_shape.size()));
    const Shape y{std::span<const int64_t>(op.output_shape)};
    constexpr int64_t largest = int64_t(1) << 30;
    const int64_t least = is_empty(x.shape) ? 0 : 1;
    if (y[0] != x.shape[0] || y[1] != x.shape[1] ||
        std::any_of(y.begin(), y.end(), [&](int64_t extent) { return extent < least || extent > largest; }))
        return Status(StatusCode::invalid_model, "output_shape must have the batch and channels of the input " +
                                                     to_string(x.shape) + " and extents of at least " +
                                                     std::to_string(least) + ", got " + to_string(y));
    if (is_empty(x.shape) && !is_empty(y))
        return Status(StatusCode::invalid_model, "output_shape " + to_string(y) + " needs values, but the input " +
                                                     to_string(x.shape) + " has none");
    return single_output(x.type, y, inputs.first(2));
}

LayoutRule layout_rule(const MaxUnpool&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const MaxUnpool& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& indices = request.inputs[1];
    const Operand& y = request.outputs[0];
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_transposed_window(op.window, x.shape, {}, {}));
    const Operand* const operands[] = {&y, &x, &indices};
    VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(operands, request.limits));
    Plan plan;
    for (const BlockShare& share : shares)
    {
        const BlockWindow values = bind_share(input(0), x, share, request.limits);
        const BlockWindow places = bind_share(input(1), indices, share, request.limits);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        Dispatch dispatch = {.shader = Shader::max_unpool, .variant = request.real};
        dispatch.push_constants =
            contract::MaxUnpool{.x = values.view,
                                .indices = places.view,
                                .y = to.view,
                                .depth = contract_axis(op, geometry.depth(), y.depth()),
                                .height = contract_axis(op, geometry.height(), y.height()),
                                .width = contract_axis(op, geometry.width(), y.width()),
                                .blocks = share.blocks,
                                .channels = y.channels(),
                                .first_plane = share.first_batch * y.channels() + share.first_block * 4};
        dispatch.bindings = {to.binding, values.binding, places.binding};
        set_share_grid(dispatch, y, share, request.limits);
        dispatch.operations = 16.0 * share.batches * share.blocks * y.rows() * y.width();
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
