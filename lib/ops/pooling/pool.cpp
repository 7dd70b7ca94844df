#include "pooling/pool.h"
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

contract::PoolAxis contract_axis(const WindowAxis& axis)
{
    return {.input_extent = axis.input,
            .padded_end = axis.input + axis.pad_end,
            .kernel = axis.kernel,
            .stride = axis.stride,
            .dilation = axis.dilation,
            .pad_begin = axis.pad_begin,
            .output_extent = axis.output};
}

uint32_t kind_of(const Pool& op)
{
    if (op.kind == PoolKind::average)
        return op.count_include_pad ? contract::pool_average_padding : contract::pool_average;
    return contract::pool_max;
}

/// True if all windows lie inside the input, and have few enough taps for drivers to unroll the loop.
bool is_inside(const WindowAxis& axis)
{
    constexpr int max_taps = 4;
    return axis.pad_begin == 0 && (axis.output - 1) * axis.stride + axis.reach() <= axis.input &&
           axis.kernel <= max_taps;
}

/// Maximum number of blocks that fit the registers of an invocation, which holds two results for each: that of the
/// window so far, and that of the current row.
int max_pool_blocks(Shader shader, const Preferences& preferences)
{
    constexpr int registers_of_lookup = 20;
    constexpr int registers_of_block = 12;
    if (shader == Shader::pool_max2) // looks nothing up
        return 4;
    const int registers = std::min(preferences.unshared_registers(), preferences.memory_registers);
    return std::clamp((registers - registers_of_lookup) / registers_of_block, 1, 4);
}

/// Launches that fill `y`, the values or the indices, from their part of input 0.
struct PoolLaunches
{
    const PlanRequest& request;
    const WindowGeometry& geometry;
    const Operand& y;
    Binding y_binding;
    Dispatch pattern;

    void append(std::vector<Dispatch>& dispatches, const BlockShare& share, const Limits& reading) const
    {
        const Operand& x = request.inputs[0];
        const BlockWindow from = bind_share(input(0), x, share, reading);
        const BlockWindow to = bind_share(y_binding, y, share, request.limits);
        Dispatch dispatch = pattern;
        dispatch.variant = x.storage;
        dispatch.push_constants =
            contract::Pool{.x = from.view,
                           .y = to.view,
                           .depth = contract_axis(geometry.depth()),
                           .height = contract_axis(geometry.height()),
                           .width = contract_axis(geometry.width()),
                           .blocks = share.blocks,
                           .channels = x.channels() - share.first_block * 4,
                           .first_plane = share.first_batch * x.channels() + share.first_block * 4};
        dispatch.bindings = {to.binding, from.binding};
        BlockShare groups = share;
        if (dispatch.shader != Shader::pool_indices)
        {
            const int each =
                blocks_per_invocation(share.blocks, max_pool_blocks(dispatch.shader, request.limits.preferences));
            groups.blocks = div_ceil(share.blocks, each);
            const bool is_inner = is_inside(geometry.height()) && is_inside(geometry.width());
            dispatch.specialization.set({contract::pool_blocks_id, each});
            dispatch.specialization.set({contract::pool_inner_width_id, is_inner ? geometry.width().kernel : 0});
            dispatch.specialization.set({contract::pool_inner_height_id, is_inner ? geometry.height().kernel : 0});
            const Reading values = {.binding = 1, .operand = &x};
            read_texels(dispatch, {&values, 1}, request.limits);
        }
        set_share_grid(dispatch, y, groups, request.limits);
        dispatch.operations = 4.0 * share.batches * share.blocks * y.rows() * y.width() * geometry.taps();
        dispatches.push_back(std::move(dispatch));
    }
};

/// Shader that computes the values, and its parameters.
Dispatch pattern_of(const Pool& op, const WindowGeometry& geometry, DType type)
{
    if (op.kind == PoolKind::lp)
        return {.shader = Shader::pool_norm, .specialization = {{contract::pool_exponent_id, op.p}}};
    const auto halves = [](const WindowAxis& axis) { return axis.kernel == 2 && is_inside(axis); };
    const bool has_max2 = op.kind == PoolKind::max && is_float(type) && halves(geometry.height()) &&
                          halves(geometry.width()) && geometry.depth().input == 1 && geometry.depth().is_trivial();
    return {.shader = has_max2 ? Shader::pool_max2 : Shader::pool,
            .specialization = {{contract::pool_kind_id, kind_of(op)}}};
}

const char* name_of(PoolKind kind)
{
    switch (kind)
    {
    case PoolKind::max:
        return "MaxPool";
    case PoolKind::average:
        return "AveragePool";
    case PoolKind::lp:
        return "LpPool";
    }
    return "?";
}

} // namespace

Signature signature(const Pool& op)
{
    return {.name = name_of(op.kind), .max_outputs = op.kind == PoolKind::max ? size_t(2) : size_t(1)};
}

Result<Outputs> infer(const Pool& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const TensorInfo& x = inputs[0];
    const bool is_byte = x.type == DType::u8 || x.type == DType::i8;
    if (!is_float(x.type) && !(is_byte && op.kind == PoolKind::max))
        return Status(StatusCode::unsupported,
                      std::string("input must be of floats, or 8-bit integers for maxima, got ") + name(x.type));
    if (op.kind == PoolKind::lp && (op.p < 1 || op.p > 1024))
        return Status(StatusCode::invalid_model, "p must be from 1 to 1024, got " + std::to_string(op.p));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, x.shape, op.ceil_mode));
    int64_t taps = 1;
    for (const WindowAxis& axis : geometry.axes)
    {
        taps *= axis.kernel;
        if (taps > INT32_MAX)
            return Status(StatusCode::unsupported, "kernel_shape must have fewer than 2^31 taps");
    }
    VKSEG_ASSIGN(Outputs outputs, single_output(x.type, geometry.output_shape(x.shape[0], x.shape[1])));
    if (op.kind == PoolKind::max)
        outputs.push_back({.type = DType::i64, .shape = outputs[0].shape});
    return outputs;
}

LayoutRule layout_rule(const Pool&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const Pool& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, x.shape, op.ceil_mode));
    const std::array<int64_t, 3> taps = {geometry.depth().kernel, geometry.height().kernel, geometry.width().kernel};
    VKSEG_TRY(check_loop_turns(count_loop_turns(1, taps), request.limits));
    Plan plan;
    if (request.outputs[0].is_present)
    {
        const Operand& y = request.outputs[0];
        const PoolLaunches values = {.request = request,
                                     .geometry = geometry,
                                     .y = y,
                                     .y_binding = output(0),
                                     .pattern = pattern_of(op, geometry, x.type)};
        VKSEG_ASSIGN(const TexelShares found, share_texels(y, x, request.limits));
        for (const BlockShare& share : found.shares)
            values.append(plan.dispatches, share, found.reading);
    }
    if (request.outputs.size() > 1 && request.outputs[1].is_present)
    {
        const Operand& y = request.outputs[1];
        const PoolLaunches indices = {
            .request = request,
            .geometry = geometry,
            .y = y,
            .y_binding = output(1),
            .pattern = {.shader = Shader::pool_indices,
                        .specialization = {{contract::pool_is_column_major_id, op.column_major_indices}}}};
        VKSEG_TRY(check_launches(y.batch()));
        const Operand* const operands[] = {&y, &x};
        VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(operands, request.limits));
        for (const BlockShare& share : shares)
        {
            BlockShare one = share;
            one.batches = 1;
            for (int batch = 0; batch < share.batches; ++batch)
            {
                one.first_batch = share.first_batch + batch;
                indices.append(plan.dispatches, one, request.limits);
            }
        }
    }
    return plan;
}

} // namespace vkseg
