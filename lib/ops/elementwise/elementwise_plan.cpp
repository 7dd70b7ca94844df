#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "elementwise/elementwise.h"
#include "ops/block_shares.hpp"
#include "ops/elementwise/elementwise.hpp"
#include "ops/strided_loop.hpp"

#include <algorithm>
#include <limits>

namespace vkseg {
namespace {

using contract::Access;
using contract::Elementwise;
using contract::ElementwiseStrided;

constexpr size_t max_operands = 3;
using Operands = std::span<const BoundOperand>; // the output, then the operands that the kernel reads

/// Extents that an in-step kernel iterates over, and the access to each operand's elements.
struct ElementWalk
{
    int batch = 1;
    int blocks = 1;
    int rows = 1;
    int width = 1;
    int channels = 1;
    std::array<Access, 1 + max_operands> access = {};

    int64_t plane() const { return int64_t(rows) * width; }
    int64_t elements() const { return int64_t(batch) * blocks * plane(); }
};

/// Treats linear tensors as one row of blocks. Each operand has either the output's elements or a single value.
ElementWalk linear_walk(Operands operands)
{
    const Operand& y = operands[0].operand;
    ElementWalk walk = {.blocks = int(y.elements4()), .channels = int(y.shape.elements())};
    for (size_t i = 0; i < operands.size(); ++i)
    {
        const bool is_splat = operands[i].operand.shape.elements() == 1 && y.shape.elements() > 1;
        Access& access = walk.access[i];
        access.view.offset = operands[i].operand.view.offset;
        access.view.block_pitch = is_splat ? 0 : 1;
        access.is_splat = is_splat;
    }
    return walk;
}

ElementWalk blocked_walk(Operands operands)
{
    const Operand& y = operands[0].operand;
    ElementWalk walk = {
        .batch = y.batch(), .blocks = y.blocks(), .rows = y.rows(), .width = y.width(), .channels = y.channels()};
    for (size_t i = 0; i < operands.size(); ++i)
    {
        // Pitches along extents of 1 are never used: with 0 there, axes can merge.
        const Operand& x = operands[i].operand;
        walk.access[i] = {.view = {.offset = x.view.offset,
                                   .batch_pitch = x.batch() == 1 ? 0 : x.view.batch_pitch,
                                   .block_pitch = x.blocks() == 1 ? 0 : x.view.block_pitch,
                                   .row_pitch = x.rows() == 1 ? 0 : x.view.row_pitch},
                          .x_pitch = x.width() == 1 ? 0 : 1,
                          .is_splat = x.channels() == 1 && y.channels() > 1};
    }
    return walk;
}

/// True if, for all operands, a step past the end of the inner axis is a step along the outer one.
template <class Inner, class Outer>
bool merges(const ElementWalk& walk, size_t count, int64_t inner_extent, Inner inner, Outer outer)
{
    return std::all_of(walk.access.begin(), walk.access.begin() + count,
                       [&](const Access& access) { return outer(access) == inner(access) * inner_extent; });
}

/// Merges axes if the pitches of all operands allow it: every axis fewer saves the kernel a division.
void merge_axes(ElementWalk& walk, size_t count)
{
    const auto x_pitch = [](const Access& a) { return int64_t(a.x_pitch); };
    const auto row_pitch = [](const Access& a) { return int64_t(a.view.row_pitch); };
    const auto block_pitch = [](const Access& a) { return int64_t(a.view.block_pitch); };
    const auto batch_pitch = [](const Access& a) { return int64_t(a.view.batch_pitch); };
    if (walk.width == 1 && walk.access[0].view.row_pitch <= 1)
    {
        for (Access& access : walk.access)
            access.x_pitch = access.view.row_pitch;
        walk.width = walk.rows;
        walk.rows = 1;
    }
    else if (walk.rows == 1 || merges(walk, count, walk.width, x_pitch, row_pitch))
    {
        walk.width *= walk.rows;
        walk.rows = 1;
    }
    // Blocks merge with pixels only if no lane is padding, as the kernel finds padding by the block.
    const bool is_full = walk.channels % 4 == 0;
    if (!is_full || walk.rows != 1)
        return;
    const bool joins_blocks = walk.blocks == 1 || merges(walk, count, walk.width, x_pitch, block_pitch);
    const bool joins_batch =
        walk.batch == 1 || merges(walk, count, int64_t(walk.width) * walk.blocks, x_pitch, batch_pitch);
    const int64_t elements = walk.elements();
    if (!joins_blocks || !joins_batch || elements > std::numeric_limits<int32_t>::max() / 4)
        return;
    for (Access& access : walk.access)
        access.view.block_pitch = access.x_pitch;
    walk.batch = 1;
    walk.blocks = int(elements);
    walk.width = 1;
    walk.channels = walk.blocks * 4;
}

/// Number of elements, from the first to the last, that an operand spans in `blocks` blocks of one batch entry.
int64_t extent_in_buffer(const ElementWalk& walk, const Access& access, int64_t blocks)
{
    return (blocks - 1) * access.view.block_pitch + int64_t(walk.rows - 1) * access.view.row_pitch +
           int64_t(walk.width - 1) * access.x_pitch + 1;
}

struct ElementwiseLaunch
{
    const ElementwiseKernel& kernel;
    Operands operands;
    const Limits& limits;
};

Dispatch dispatch_of(const ElementwiseLaunch& launch)
{
    Dispatch dispatch;
    dispatch.variant = launch.kernel.variant;
    dispatch.specialization = launch.kernel.specialization;
    for (const BoundOperand& operand : launch.operands)
        dispatch.bindings.push_back(operand.binding);
    return dispatch;
}

void finish(Dispatch& dispatch, const ElementwiseLaunch& launch, const ElementWalk& walk)
{
    const Elementwise push = {.y = walk.access[0].view,
                              .a = walk.access[1],
                              .b = walk.access[2],
                              .c = walk.access[3],
                              .elements = int(walk.elements()),
                              .blocks = walk.blocks,
                              .rows = walk.rows,
                              .width = walk.width,
                              .channels = walk.channels,
                              .alpha = launch.kernel.alpha,
                              .beta = launch.kernel.beta};
    dispatch.shader = launch.kernel.in_step;
    const bool has_planes = walk.rows == 1 && walk.batch == 1;
    dispatch.specialization.set({contract::walk_id, !has_planes       ? contract::walk_any
                                                    : walk.width == 1 ? contract::walk_flat
                                                                      : contract::walk_planes});
    dispatch.push_constants = push;
    dispatch.operations = double(walk.elements()) * 4 * launch.kernel.operations_per_value;
    set_linear_grid(dispatch, walk.elements(), launch.limits);
}

/// Adds one launch for each window of blocks that fits the bindings.
Status add_windows(Plan& plan, const ElementwiseLaunch& launch, const ElementWalk& walk)
{
    const Limits& limits = launch.limits;
    const size_t room = limits.max_storage_buffer_range_bytes - limits.storage_buffer_alignment_bytes;
    int64_t blocks_at_once = walk.blocks;
    for (size_t i = 0; i < launch.operands.size(); ++i)
    {
        const Operand& operand = launch.operands[i].operand;
        const int64_t elements = int64_t(room / element_bytes(operand.storage));
        const int64_t spare = elements - extent_in_buffer(walk, walk.access[i], 1);
        if (spare < 0)
            return check_binding(i == 0 ? "output" : "input", operand, limits);
        if (const int64_t pitch = walk.access[i].view.block_pitch; pitch > 0)
            blocks_at_once = std::min(blocks_at_once, spare / pitch + 1);
    }
    VKSEG_TRY(check_launches(walk.batch * div_ceil(walk.blocks, blocks_at_once)));
    for (int batch = 0; batch < walk.batch; ++batch)
    {
        for (int64_t first = 0; first < walk.blocks; first += blocks_at_once)
        {
            ElementWalk part = walk;
            part.batch = 1;
            part.blocks = int(std::min(blocks_at_once, walk.blocks - first));
            part.channels = int(walk.channels - first * 4);
            Dispatch dispatch = dispatch_of(launch);
            for (size_t i = 0; i < launch.operands.size(); ++i)
            {
                View& view = part.access[i].view;
                const size_t bytes = element_bytes(launch.operands[i].operand.storage);
                const size_t begin =
                    size_t(view.offset + int64_t(batch) * view.batch_pitch + first * view.block_pitch) * bytes;
                const size_t aligned =
                    begin / limits.storage_buffer_alignment_bytes * limits.storage_buffer_alignment_bytes;
                const size_t size = size_t(extent_in_buffer(part, part.access[i], part.blocks)) * bytes;
                dispatch.bindings[i].offset_bytes = aligned;
                dispatch.bindings[i].size_bytes = begin - aligned + size;
                view.offset = int((begin - aligned) / bytes);
            }
            finish(dispatch, launch, part);
            plan.dispatches.push_back(std::move(dispatch));
        }
    }
    return {};
}

void add_whole(Plan& plan, const ElementwiseLaunch& launch, const ElementWalk& walk)
{
    plan.dispatches.push_back(dispatch_of(launch));
    finish(plan.dispatches.back(), launch, walk);
    if (!launch.kernel.reads_texels)
        return;
    std::vector<Reading> readings;
    for (uint32_t i = 1; i < launch.operands.size(); ++i)
        readings.push_back({.binding = i, .operand = &launch.operands[i].operand});
    read_texels(plan.dispatches.back(), readings, launch.limits);
}

/// Strides of a linear operand along the axes of the output; 0 if it is broadcast.
std::array<int64_t, Shape::max_rank> strides_along(const Shape& y, const Shape& x)
{
    std::array<int64_t, Shape::max_rank> strides = {};
    int64_t stride = 1;
    for (size_t i = 1; i <= x.rank(); ++i)
    {
        const int64_t extent = x[x.rank() - i];
        strides[y.rank() - i] = extent == 1 ? 0 : stride;
        stride *= extent;
    }
    return strides;
}

/// Loops over the values of a linear output, with their strides in the operands that are read.
std::vector<StridedLoop<max_operands>> strided_loops(Operands operands)
{
    const Shape& shape = operands[0].operand.shape;
    std::array<std::array<int64_t, Shape::max_rank>, max_operands> strides = {};
    for (size_t i = 1; i < operands.size(); ++i)
        strides[i - 1] = strides_along(shape, operands[i].operand.shape);
    std::vector<StridedLoop<max_operands>> nest;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        append(nest, {shape[axis], {strides[0][axis], strides[1][axis], strides[2][axis]}});
    return nest;
}

/// Treats linear tensors under a broadcast as blocked ones, if each element of four values of the output is computed
/// from whole elements, or from an operand's only value.
std::optional<ElementWalk> run_walk(Operands operands)
{
    std::vector<StridedLoop<max_operands>> nest = strided_loops(operands);
    if (nest.empty() || nest.size() > 4 || nest.back().extent % 4 != 0)
        return std::nullopt;
    for (size_t i = 1; i < operands.size(); ++i)
    {
        const bool is_single = operands[i].operand.shape.elements() == 1;
        for (size_t loop = 0; loop < nest.size(); ++loop)
        {
            const int64_t stride = nest[loop].strides[i - 1];
            const bool is_innermost = loop + 1 == nest.size();
            if (!is_single && (is_innermost ? stride != 1 : stride % 4 != 0))
                return std::nullopt;
        }
    }
    const StridedLoop<max_operands> once = {.extent = 1, .strides = {}};
    if (nest.size() == 2)
        nest.insert(nest.begin() + 1, once);          // blocks and columns are walked with fewer divisions
    nest.insert(nest.begin(), 4 - nest.size(), once); // batch, blocks, rows, columns
    ElementWalk walk = {.batch = int(nest[0].extent),
                        .blocks = int(nest[1].extent),
                        .rows = int(nest[2].extent),
                        .width = int(nest[3].extent / 4)};
    walk.channels = walk.blocks * 4; // no lane is padding
    walk.access[0] = {.view = {.offset = operands[0].operand.view.offset,
                               .batch_pitch = int(walk.blocks * walk.plane()),
                               .block_pitch = int(walk.plane()),
                               .row_pitch = walk.width},
                      .x_pitch = 1};
    for (size_t i = 1; i < operands.size(); ++i)
    {
        const auto pitch = [&](size_t loop) { return int(nest[loop].strides[i - 1] / 4); };
        const bool is_single = operands[i].operand.shape.elements() == 1;
        walk.access[i] = {.view = {.offset = operands[i].operand.view.offset,
                                   .batch_pitch = pitch(0),
                                   .block_pitch = pitch(1),
                                   .row_pitch = pitch(2)},
                          .x_pitch = is_single ? 0 : 1,
                          .is_splat = is_single};
    }
    return walk;
}

ElementwiseStrided strided_push(Operands operands)
{
    const Shape& shape = operands[0].operand.shape;
    std::array<int, max_operands> offsets = {};
    for (size_t i = 1; i < operands.size(); ++i)
        offsets[i - 1] = operands[i].operand.view.offset;
    const std::vector<StridedLoop<max_operands>> nest = strided_loops(operands);

    ElementwiseStrided push = {};
    push.values = int(shape.elements());
    push.axes = int(nest.size());
    push.y_offset = operands[0].operand.view.offset;
    push.a_offset = offsets[0];
    push.b_offset = offsets[1];
    push.c_offset = offsets[2];
    for (size_t i = 0; i < nest.size(); ++i)
    {
        push.extents[i] = int(nest[i].extent);
        push.a_strides[i] = int(nest[i].strides[0]);
        push.b_strides[i] = int(nest[i].strides[1]);
        push.c_strides[i] = int(nest[i].strides[2]);
    }
    return push;
}

Status add_strided(Plan& plan, const ElementwiseLaunch& launch)
{
    assert(launch.kernel.strided);
    const Operand& y = launch.operands[0].operand;
    for (size_t i = 0; i < launch.operands.size(); ++i)
        VKSEG_TRY(check_binding(i == 0 ? "output" : "input", launch.operands[i].operand, launch.limits));
    Dispatch dispatch = dispatch_of(launch);
    dispatch.shader = *launch.kernel.strided;
    dispatch.push_constants = strided_push(launch.operands);
    dispatch.operations = double(y.shape.elements()) * launch.kernel.operations_per_value;
    set_linear_grid(dispatch, y.elements4(), launch.limits);
    plan.dispatches.push_back(std::move(dispatch));
    return {};
}

} // namespace

Status add_elementwise(Plan& plan, const ElementwiseKernel& kernel, Operands operands, const Limits& limits)
{
    assert(operands.size() >= 2 && operands.size() <= 1 + max_operands);
    const ElementwiseLaunch launch = {.kernel = kernel, .operands = operands, .limits = limits};
    const Operand& y = operands[0].operand;
    const auto is_in_step = [&](const BoundOperand& x)
    {
        const int64_t values = x.operand.shape.elements();
        return values == y.shape.elements() || values == 1;
    };
    const auto is_bindable = [&](const BoundOperand& x)
    { return x.operand.buffer_bytes <= limits.max_storage_buffer_range_bytes; };

    const bool is_bound = std::all_of(operands.begin(), operands.end(), is_bindable);
    if (y.layout == Layout::linear && !std::all_of(operands.begin(), operands.end(), is_in_step))
    {
        const std::optional<ElementWalk> runs = is_bound ? run_walk(operands) : std::nullopt;
        if (!runs)
            return add_strided(plan, launch);
        add_whole(plan, launch, *runs);
        return {};
    }
    ElementWalk walk = y.layout == Layout::linear ? linear_walk(operands) : blocked_walk(operands);
    merge_axes(walk, operands.size());
    if (!is_bound)
        return add_windows(plan, launch, walk);
    add_whole(plan, launch, walk);
    return {};
}

Result<Plan> plan_elementwise(const ElementwiseKernel& kernel, const PlanRequest& request, size_t operand_count)
{
    assert(request.inputs.size() >= operand_count);
    std::vector<BoundOperand> operands = {{.operand = request.outputs[0], .binding = output()}};
    for (size_t i = 0; i < operand_count; ++i)
        operands.push_back({.operand = request.inputs[i], .binding = input(uint32_t(i))});
    Plan plan;
    VKSEG_TRY(add_elementwise(plan, kernel, operands, request.limits));
    return plan;
}

} // namespace vkseg
