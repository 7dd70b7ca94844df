#include "ops/reduction/reduction.hpp"

#include "ops/strided_loop.hpp"

#include <algorithm>

namespace vkseg {
namespace {

constexpr size_t max_kept = 4; // axes of the kernel
constexpr size_t max_reduced = 3;

/// A loop with strides in source and destination.
using ReductionLoop = StridedLoop<2>;

void set_kept(contract::Reduce& push, const std::vector<ReductionLoop>& nest, size_t first)
{
    assert(first + nest.size() <= max_kept);
    for (size_t i = 0; i < nest.size(); ++i)
    {
        push.kept_extents[first + i] = int(nest[i].extent);
        push.kept_strides[first + i] = int(nest[i].strides[0]);
        push.destination_strides[first + i] = int(nest[i].strides[1]);
    }
}

void set_reduced(contract::Reduce& push, const std::vector<ReductionLoop>& nest)
{
    assert(nest.size() <= max_reduced);
    const size_t first = max_reduced - nest.size();
    push.steps = 1;
    for (size_t i = 0; i < nest.size(); ++i)
    {
        push.reduced_extents[first + i] = int(nest[i].extent);
        push.reduced_strides[first + i] = int(nest[i].strides[0]);
        push.steps *= int(nest[i].extent);
    }
}

/// Elements between neighbours along spatial axis `axis`.
int64_t spatial_stride(const Operand& operand, size_t axis)
{
    const size_t from_last = operand.shape.rank() - 1 - axis;
    if (from_last == 0)
        return 1;
    return from_last == 1 ? operand.view.row_pitch : int64_t(operand.view.row_pitch) * operand.height();
}

void describe_blocked(const AxisSet& axes, const Operand& x, const Operand& y, Reduction& reduction)
{
    std::vector<ReductionLoop> kept;
    std::vector<ReductionLoop> reduced;
    for (size_t axis = 2; axis < x.shape.rank(); ++axis)
    {
        append(axes[axis] ? reduced : kept,
               {x.shape[axis], {spatial_stride(x, axis), axes[axis] ? 0 : spatial_stride(y, axis)}});
    }
    contract::Reduce& push = reduction.push;
    // Kept axis 1 is the block of channels, even where it could be merged with others: lanes are masked by it.
    push.kept_extents[0] = x.batch();
    push.kept_strides[0] = x.view.batch_pitch;
    push.destination_strides[0] = y.view.batch_pitch;
    if (axes[1])
    {
        assert(reduced.empty());
        reduced = {{x.blocks(), {x.view.block_pitch, 0}}};
        reduction.access = contract::reduce_channels;
    }
    else
    {
        push.kept_extents[1] = x.blocks();
        push.kept_strides[1] = x.view.block_pitch;
        push.destination_strides[1] = y.view.block_pitch;
        reduction.access = contract::reduce_kept_elements;
    }
    set_kept(push, kept, max_kept - kept.size());
    set_reduced(push, reduced);
    push.source_offset = x.view.offset;
    push.is_blocked = 1;
    push.channels = x.channels();
}

void describe_linear(const AxisSet& axes, const Operand& x, const Operand& y, Reduction& reduction)
{
    std::vector<ReductionLoop> kept;
    std::vector<ReductionLoop> reduced;
    bool is_innermost_reduced = false;
    int64_t stride = x.shape.elements();
    for (size_t axis = 0; axis < x.shape.rank(); ++axis)
    {
        const int64_t extent = x.shape[axis];
        if (extent == 1)
            continue;
        stride /= extent;
        is_innermost_reduced = axes[axis];
        append(axes[axis] ? reduced : kept, {extent, {stride, 0}});
    }

    contract::Reduce& push = reduction.push;
    std::vector<ReductionLoop>& innermost = is_innermost_reduced ? reduced : kept;
    push.source_offset = x.view.offset;
    if (!innermost.empty() && innermost.back().extent % 4 == 0)
    {
        // All strides but the innermost are multiples of its extent.
        reduction.access = is_innermost_reduced ? contract::reduce_reduced_elements : contract::reduce_kept_elements;
        for (std::vector<ReductionLoop>* nest : {&kept, &reduced})
        {
            for (ReductionLoop& loop : *nest)
                loop.strides[0] /= 4;
        }
        innermost.back().extent /= 4;
        innermost.back().strides[0] = 1;
    }
    else
    {
        reduction.access = contract::reduce_values;
        push.source_offset *= 4;
    }
    set_kept(push, kept, max_kept - kept.size());
    set_reduced(push, reduced);
    push.values = int(y.shape.elements());
}

} // namespace

bool is_copy(const Reduce& op)
{
    return op.axes.empty() && op.noop_with_empty_axes && !op.all_spatial;
}

Reduction describe_reduction(ReduceKind kind, const AxisSet& axes, const Operand& x, const Operand& y)
{
    Reduction reduction = {.kind = kind, .source = &x};
    contract::Reduce& push = reduction.push;
    std::fill(std::begin(push.kept_extents), std::end(push.kept_extents), 1);
    std::fill(std::begin(push.reduced_extents), std::end(push.reduced_extents), 1);
    push.terms = 1;
    for (size_t axis = 0; axis < x.shape.rank(); ++axis)
        push.terms *= axes[axis] ? int(x.shape[axis]) : 1;
    push.segments = 1;
    push.destination_offset = y.view.offset;
    push.elements = int(y.elements4());
    if (x.layout == Layout::blocked)
        describe_blocked(axes, x, y, reduction);
    else
        describe_linear(axes, x, y, reduction);
    return reduction;
}

Dispatch reduction_launch(const Reduction& reduction, int stage, bool is_shared, const Limits& limits)
{
    const contract::Reduce& push = reduction.push;
    const bool has_one_axis = push.reduced_extents[0] == 1 && push.reduced_extents[1] == 1;
    Dispatch dispatch;
    const bool by_shuffles = is_shared && limits.preferences.shuffles && limits.has_subgroup_shuffle;
    dispatch.shader = by_shuffles ? Shader::reduce_shuffle : Shader::reduce;
    dispatch.variant = reduction.source->storage;
    dispatch.specialization = {{contract::reduce_kind_id, int(reduction.kind)},
                               {contract::reduce_access_id, int(reduction.access)},
                               {contract::reduce_stage_id, stage},
                               {contract::reduce_is_shared_id, is_shared},
                               {contract::reduce_has_one_axis_id, has_one_axis}};
    dispatch.push_constants = push;
    dispatch.bindings = {output(), input(0), scratch()};
    const Reading reading = {.binding = 1, .operand = reduction.source};
    read_texels(dispatch, {&reading, 1}, limits);
    const int64_t segments = stage == contract::reduce_partial ? push.segments : 1;
    set_linear_grid(dispatch, push.elements * segments, limits);
    if (is_shared)
        dispatch.workgroup_count = {uint32_t(push.elements * segments), 1, 1};
    if (by_shuffles)
        dispatch.workgroup_size = {limits.subgroup_size, 1, 1};

    const int64_t values_a_step = reduction.access == contract::reduce_reduced_elements ? 16 : 4;
    const int64_t operations_a_value = reduction.kind == ReduceKind::log_sum_exp ? 20 : 2;
    const int64_t steps = stage == contract::reduce_finish ? push.segments : push.steps;
    dispatch.operations = double(push.elements) * double(steps * values_a_step * operations_a_value);
    return dispatch;
}

bool is_worth_sharing(const Reduction& reduction)
{
    constexpr int min_steps = 128;
    constexpr int max_elements = 4096;
    return reduction.push.steps >= min_steps && reduction.push.elements <= max_elements;
}

size_t partial_bytes(const Reduction& reduction)
{
    constexpr size_t element = 2 * 16; // total and peak in 32 bits
    return size_t(reduction.push.elements) * size_t(reduction.push.segments) * element;
}

} // namespace vkseg
