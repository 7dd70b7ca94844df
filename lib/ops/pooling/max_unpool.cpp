#include "pooling/max_unpool.h"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/loop_turns.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "ops/window.hpp"

#include <algorithm>

namespace vkseg {
namespace {

contract::MaxUnpoolAxis contract_axis(const WindowAxis& pool, int windows)
{
    return {.input_extent = windows,
            .stride = pool.stride,
            .before = pool.pad_begin,
            .after = pool.reach() - 1 - pool.pad_begin,
            .output_extent = pool.input};
}

/// Windows of a pool that may hold one position of its input.
int64_t windows_per_position(const WindowAxis& pool)
{
    return div_ceil(pool.reach(), pool.stride);
}

/// Geometry of the pool, if each value of the output can be searched for in the windows that contain its position.
std::optional<WindowGeometry> searchable_pool(const MaxUnpool& op, const Operand& y, const Limits& limits)
{
    if (!op.pool)
        return std::nullopt;
    const Result<WindowGeometry> pool = resolve_window(*op.pool, y.shape);
    assert(pool.is_ok()); // it was planned with this shape
    const std::array<int64_t, 3> windows = {windows_per_position(pool->depth()), windows_per_position(pool->height()),
                                            windows_per_position(pool->width())};
    if (!check_loop_turns(count_loop_turns(1, windows), limits).is_ok())
        return std::nullopt;
    return *pool;
}

Result<Plan> plan_search(const WindowGeometry& pool, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& indices = request.inputs[1];
    const Operand& y = request.outputs[0];
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
                                .depth = contract_axis(pool.depth(), x.depth()),
                                .height = contract_axis(pool.height(), x.height()),
                                .width = contract_axis(pool.width(), x.width()),
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

/// Plan for arbitrary indices: each share of the output is cleared, and then receives the values that any share of the
/// input has for it.
class Scatter
{
public:
    explicit Scatter(const PlanRequest& request)
        : request_(request), x_(request.inputs[0]), indices_(request.inputs[1]), y_(request.outputs[0])
    {}

    Result<Plan> plan() const
    {
        const Operand* const from[] = {&x_, &indices_};
        VKSEG_ASSIGN(const std::vector<BlockShare> sources, share_blocks(from, request_.limits));
        Operand claims = y_;
        claims.storage = Storage::i32;
        claims.view = packed_view(y_.shape, Layout::blocked);
        claims.buffer_bytes = claim_bytes({.batches = y_.batch(), .blocks = y_.blocks()});
        const Operand* const to[] = {&y_, &claims};
        VKSEG_ASSIGN(const std::vector<BlockShare> targets, share_blocks(to, request_.limits));

        Plan plan = {.dispatches = {}, .weight_layouts = {}, .scratch_bytes = {claim_bytes(targets.front())}};
        for (const BlockShare& target : targets)
        {
            plan.dispatches.push_back(clear(target));
            for (const BlockShare& source : sources)
                plan.dispatches.push_back(claim(source, target));
            for (const BlockShare& source : sources)
                plan.dispatches.push_back(place(source, target));
        }
        return plan;
    }

private:
    size_t claim_bytes(const BlockShare& target) const
    {
        return size_t(target.batches) * size_t(target.blocks) * size_t(y_.rows()) * size_t(y_.width()) *
               element_bytes(Storage::i32);
    }

    contract::MaxUnpoolScatter constants(const BlockShare& source, const BlockShare& target) const
    {
        return {.y = bind_share(output(), y_, target, request_.limits).view,
                .channels = y_.channels(),
                .values = int(y_.shape.elements()),
                .x_rows = x_.rows(),
                .x_width = x_.width(),
                .x_blocks = source.blocks,
                .x_first_batch = source.first_batch,
                .x_first_block = source.first_block,
                .y_rows = y_.rows(),
                .y_width = y_.width(),
                .y_blocks = target.blocks,
                .y_batches = target.batches,
                .y_first_batch = target.first_batch,
                .y_first_block = target.first_block};
    }

    Dispatch clear(const BlockShare& target) const
    {
        Dispatch dispatch = {.shader = Shader::max_unpool_clear, .variant = request_.real};
        dispatch.push_constants = constants({}, target);
        dispatch.bindings = {bind_share(output(), y_, target, request_.limits).binding, scratch()};
        set_share_grid(dispatch, y_, target, request_.limits);
        return dispatch;
    }

    Dispatch claim(const BlockShare& source, const BlockShare& target) const
    {
        const BlockWindow places = bind_share(input(1), indices_, source, request_.limits);
        contract::MaxUnpoolScatter push = constants(source, target);
        push.indices = places.view;
        Dispatch dispatch = {.shader = Shader::max_unpool_claim, .variant = Storage::i32};
        dispatch.push_constants = push;
        dispatch.bindings = {scratch(), places.binding};
        set_source_grid(dispatch, source);
        return dispatch;
    }

    Dispatch place(const BlockShare& source, const BlockShare& target) const
    {
        const BlockWindow values = bind_share(input(0), x_, source, request_.limits);
        const BlockWindow places = bind_share(input(1), indices_, source, request_.limits);
        contract::MaxUnpoolScatter push = constants(source, target);
        push.x = values.view;
        push.indices = places.view;
        Dispatch dispatch = {.shader = Shader::max_unpool_place, .variant = request_.real};
        dispatch.push_constants = push;
        dispatch.bindings = {bind_share(output(), y_, target, request_.limits).binding, values.binding, places.binding,
                             scratch()};
        set_source_grid(dispatch, source);
        return dispatch;
    }

    void set_source_grid(Dispatch& dispatch, const BlockShare& source) const
    {
        set_share_grid(dispatch, x_, source, request_.limits);
        constexpr double operations_a_value = 16;
        dispatch.operations = operations_a_value * 4 * source.batches * source.blocks * x_.rows() * x_.width();
    }

    const PlanRequest& request_;
    const Operand& x_;
    const Operand& indices_;
    const Operand& y_;
};

/// Checks indices that are known at planning time. Indices that the device computes are ignored if they are out of
/// range.
Status check_indices(const Tensor* indices, const Shape& y)
{
    if (indices == nullptr)
        return {};
    const int64_t values = y.elements();
    for (const int64_t index : indices->to_integers())
    {
        if (index < 0 || index >= values)
            return Status(StatusCode::invalid_model, "indices must lie from 0 to " + std::to_string(values - 1) +
                                                         " in the output " + to_string(y) + ", got " +
                                                         std::to_string(index));
    }
    return {};
}

Result<Shape> output_shape(const MaxUnpool& op, const Shape& x)
{
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_transposed_window(op.window, x, {}, {}));
    if (op.output_shape.empty())
        return geometry.output_shape(x[0], x[1]);
    if (op.output_shape.size() != x.rank())
        return Status(StatusCode::invalid_model, "output_shape must have " + std::to_string(x.rank()) +
                                                     " entries, got " + std::to_string(op.output_shape.size()));
    const Shape y{std::span<const int64_t>(op.output_shape)};
    constexpr int64_t largest = int64_t(1) << 30;
    const int64_t least = is_empty(x) ? 0 : 1;
    if (y[0] != x[0] || y[1] != x[1] ||
        std::any_of(y.begin(), y.end(), [&](int64_t extent) { return extent < least || extent > largest; }))
        return Status(StatusCode::invalid_model, "output_shape must have the batch and channels of the input " +
                                                     to_string(x) + " and extents of at least " +
                                                     std::to_string(least) + ", got " + to_string(y));
    if (is_empty(x) && !is_empty(y))
        return Status(StatusCode::invalid_model,
                      "output_shape " + to_string(y) + " needs values, but the input " + to_string(x) + " has none");
    return y;
}

} // namespace

Signature signature(const MaxUnpool&)
{
    return {.name = "MaxUnpool", .min_inputs = 2, .max_inputs = 3, .data_inputs = 2};
}

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
    VKSEG_ASSIGN(const Shape y, output_shape(op, x.shape));
    VKSEG_ASSIGN(Outputs outputs, single_output(x.type, y));
    VKSEG_TRY(check_indices(indices.constant, y));
    return outputs;
}

LayoutRule layout_rule(const MaxUnpool&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const MaxUnpool& op, const PlanRequest& request)
{
    const std::optional<WindowGeometry> pool = searchable_pool(op, request.outputs[0], request.limits);
    return pool ? plan_search(*pool, request) : Scatter(request).plan();
}

} // namespace vkseg
