#include "ops/copy.hpp"

#include "base/try.hpp"
#include "copy.h"
#include "copy_elements.h"

#include <algorithm>

namespace vkseg {
namespace {

constexpr size_t most_axes = 6; // of the kernels
constexpr double operations_per_value = 8;

/// Elements (blocked; not for channels) or values (linear) between neighbours along an axis.
std::array<int64_t, Shape::max_rank> strides_of(const Operand& operand)
{
    std::array<int64_t, Shape::max_rank> strides = {};
    const size_t rank = operand.shape.rank();
    if (operand.layout == Layout::linear)
    {
        int64_t stride = 1;
        for (size_t axis = rank; axis-- > 0;)
        {
            strides[axis] = stride;
            stride *= operand.shape[axis];
        }
        return strides;
    }
    strides[0] = operand.view.batch_pitch;
    strides[1] = operand.view.block_pitch;
    if (rank >= 3)
        strides[rank - 1] = 1;
    if (rank >= 4)
        strides[rank - 2] = operand.view.row_pitch;
    if (rank == 5)
        strides[2] = int64_t(operand.view.row_pitch) * operand.height();
    return strides;
}

/// An axis that walks two strides at once: of source and destination, or of the source's places and channels.
struct Walk
{
    int64_t extent = 1;
    int64_t first = 0;
    int64_t second = 0;
};

/// Appends an inner axis, as part of the one before it where both walk on alike.
void append(std::vector<Walk>& walks, Walk walk)
{
    if (walk.extent == 1)
        return;
    if (!walks.empty())
    {
        Walk& outer = walks.back();
        if (outer.first == walk.first * walk.extent && outer.second == walk.second * walk.extent)
        {
            outer = {outer.extent * walk.extent, walk.first, walk.second};
            return;
        }
    }
    walks.push_back(walk);
}

/// Fails where an axis of the move spans several axes of the region.
struct RegionStep
{
    size_t axis = 0;
    int64_t step = 1;
};
std::optional<RegionStep> region_step(const Shape& region, int64_t extent, int64_t row_major_step)
{
    int64_t stride = 1;
    for (size_t axis = region.rank(); axis-- > 0;)
    {
        const int64_t outer = stride * region[axis];
        if (row_major_step < outer)
        {
            if (row_major_step % stride != 0 || row_major_step * extent > outer)
                return std::nullopt;
            return RegionStep{.axis = axis, .step = row_major_step / stride};
        }
        stride = outer;
    }
    return std::nullopt;
}

struct ElementWalks
{
    std::vector<Walk> walks;
    int64_t source_offset = 0;
    int64_t destination_offset = 0;
};

/// Both sides in blocks of channels, and every block comes from one block.
std::optional<ElementWalks> block_walks(const Move& move, const MoveEnds& ends)
{
    const auto source_strides = strides_of(ends.source);
    const auto destination_strides = strides_of(ends.destination);
    ElementWalks result = {
        .walks = {}, .source_offset = ends.source.view.offset, .destination_offset = ends.destination.view.offset};
    for (size_t axis = 0; axis < ends.source.shape.rank(); ++axis)
        result.source_offset += move.source_begin[axis] / (axis == 1 ? 4 : 1) * source_strides[axis];
    for (size_t axis = 0; axis < ends.destination.shape.rank(); ++axis)
        result.destination_offset += move.destination_begin[axis] / (axis == 1 ? 4 : 1) * destination_strides[axis];

    // Pad lanes of the last block are copied, so that they must be pad lanes of the source too.
    const int64_t channels = move.region[1];
    const bool ends_block = channels % 4 == 0 || move.source_begin[1] + channels == ends.source.channels();
    if (move.source_begin[1] % 4 != 0 || move.destination_begin[1] % 4 != 0 || !ends_block)
        return std::nullopt;

    int64_t row_major_step = move.region.elements();
    for (const MoveAxis& axis : move.axes)
    {
        if (axis.extent == 1)
            continue;
        row_major_step /= axis.extent;
        const std::optional<RegionStep> to = region_step(move.region, axis.extent, row_major_step);
        const bool walks_channels = axis.source_axis == 1 && axis.source_step != 0;
        if (!to || (to->axis == 1) != walks_channels)
            return std::nullopt;
        Walk walk = {.extent = axis.extent,
                     .first = axis.source_step * source_strides[axis.source_axis],
                     .second = to->step * destination_strides[to->axis]};
        if (walks_channels)
        {
            if (axis.extent != channels || axis.source_step != 1)
                return std::nullopt;
            walk.extent = (channels + 3) / 4;
        }
        append(result.walks, walk);
    }
    return result;
}

/// Both sides row-major, and values move in aligned runs of four.
std::optional<ElementWalks> run_walks(const Move& move, const MoveEnds& ends)
{
    const auto source_strides = strides_of(ends.source);
    const auto destination_strides = strides_of(ends.destination);
    int64_t source_begin = 0;
    int64_t destination_begin = 0;
    for (size_t axis = 0; axis < Shape::max_rank; ++axis)
    {
        source_begin += move.source_begin[axis] * source_strides[axis];
        destination_begin += move.destination_begin[axis] * destination_strides[axis];
    }
    const bool fills_all = move.region == ends.destination.shape;
    std::vector<Walk> walks;
    int64_t row_major_step = move.region.elements();
    for (const MoveAxis& axis : move.axes)
    {
        if (axis.extent == 1)
            continue;
        row_major_step /= axis.extent;
        Walk walk = {.extent = axis.extent,
                     .first = axis.source_step * source_strides[axis.source_axis],
                     .second = row_major_step};
        if (!fills_all)
        {
            const std::optional<RegionStep> to = region_step(move.region, axis.extent, row_major_step);
            if (!to)
                return std::nullopt;
            walk.second = to->step * destination_strides[to->axis];
        }
        append(walks, walk);
    }
    // The tail of a whole tensor is copied with its padding.
    const bool is_whole = fills_all && move.region.elements() == ends.source.shape.elements() && source_begin == 0 &&
                          (walks.empty() || (walks.size() == 1 && walks[0].first == 1));
    if (is_whole)
        walks = {{.extent = (move.region.elements() + 3) / 4 * 4, .first = 1, .second = 1}};
    if (walks.empty() || walks.back().first != 1 || walks.back().second != 1 || walks.back().extent % 4 != 0 ||
        source_begin % 4 != 0 || destination_begin % 4 != 0)
        return std::nullopt;
    for (size_t i = 0; i + 1 < walks.size(); ++i)
    {
        if (walks[i].first % 4 != 0 || walks[i].second % 4 != 0)
            return std::nullopt;
    }
    ElementWalks result = {.walks = {},
                           .source_offset = ends.source.view.offset + source_begin / 4,
                           .destination_offset = ends.destination.view.offset + destination_begin / 4};
    const int64_t runs = walks.back().extent / 4;
    walks.pop_back();
    for (const Walk& walk : walks)
        append(result.walks, {walk.extent, walk.first / 4, walk.second / 4});
    append(result.walks, {runs, 1, 1});
    return result;
}

Dispatch launch(Shader shader, const MoveEnds& ends)
{
    Dispatch dispatch;
    dispatch.shader = shader;
    // Bits move, so that integers take the build for 32-bit floats.
    dispatch.variant = ends.destination.storage == Storage::f16 ? Storage::f16 : Storage::f32;
    dispatch.bindings = {ends.destination_binding, ends.source_binding};
    return dispatch;
}

} // namespace

std::optional<Dispatch> copy_elements(const Move& move, const MoveEnds& ends, const Limits& limits)
{
    assert(ends.source.storage == ends.destination.storage && ends.source.storage != Storage::u8);
    if (ends.source.layout != ends.destination.layout)
        return std::nullopt;
    const std::optional<ElementWalks> found =
        ends.source.layout == Layout::blocked ? block_walks(move, ends) : run_walks(move, ends);
    if (!found || found->walks.size() > most_axes)
        return std::nullopt;

    contract::CopyElements push = {.extents = {},
                                   .source_strides = {},
                                   .destination_strides = {},
                                   .axes = int(found->walks.size()),
                                   .source_offset = int(found->source_offset),
                                   .destination_offset = int(found->destination_offset),
                                   .elements = 1};
    for (size_t i = 0; i < found->walks.size(); ++i)
    {
        const Walk& walk = found->walks[i];
        push.extents[i] = int(walk.extent);
        push.source_strides[i] = int(walk.first);
        push.destination_strides[i] = int(walk.second);
        push.elements *= int(walk.extent);
    }
    Dispatch dispatch = launch(Shader::copy_elements, ends);
    dispatch.push_constants = push;
    dispatch.operations = push.elements * operations_per_value;
    set_linear_grid(dispatch, push.elements, limits);
    return dispatch;
}

Dispatch copy(const Move& move, const MoveEnds& ends, const Limits& limits)
{
    assert(move.region == ends.destination.shape);
    if (std::optional<Dispatch> whole = copy_elements(move, ends, limits))
        return *whole;

    const Operand& source = ends.source;
    const Operand& destination = ends.destination;
    const bool is_source_blocked = source.layout == Layout::blocked;
    const auto strides = strides_of(source);
    int64_t offset = is_source_blocked ? source.view.offset : int64_t(source.view.offset) * 4;
    for (size_t axis = 0; axis < source.shape.rank(); ++axis)
    {
        if (!is_source_blocked || axis != 1)
            offset += move.source_begin[axis] * strides[axis];
    }
    std::vector<Walk> walks;
    for (const MoveAxis& axis : move.axes)
    {
        if (is_source_blocked && axis.source_axis == 1)
            append(walks, {axis.extent, 0, axis.source_step});
        else
            append(walks, {axis.extent, axis.source_step * strides[axis.source_axis], 0});
    }
    assert(walks.size() <= most_axes);

    contract::Copy push = {.extents = {},
                           .strides = {},
                           .channel_strides = {},
                           .axes = int(walks.size()),
                           .source_offset = int(offset),
                           .source_channel = is_source_blocked ? int(move.source_begin[1]) : 0,
                           .source_block_pitch = is_source_blocked ? source.view.block_pitch : 0,
                           .destination = destination.view,
                           .batches = 1,
                           .channels = 0,
                           .rows = 1,
                           .width = 1,
                           .elements = int(destination.shape.elements())};
    for (size_t i = 0; i < walks.size(); ++i)
    {
        push.extents[i] = int(walks[i].extent);
        push.strides[i] = int(walks[i].first);
        push.channel_strides[i] = int(walks[i].second);
    }
    if (destination.layout == Layout::blocked)
    {
        push.batches = destination.batch();
        push.channels = destination.channels();
        push.rows = destination.rows();
        push.width = destination.width();
    }
    Dispatch dispatch = launch(Shader::copy, ends);
    dispatch.push_constants = push;
    dispatch.operations = double(push.elements) * operations_per_value;
    set_linear_grid(dispatch, destination.elements4(), limits);
    return dispatch;
}

Result<Plan> plan_copy(const Move& move, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    Plan plan;
    plan.dispatches.push_back(copy(move, {.source = source, .destination = destination}, request.limits));
    return plan;
}

Move reshape_move(const Shape& from, const Shape& to)
{
    assert(from.elements() == to.elements());
    // Both shapes are taken apart into common factors as far as there are any: then blocks of channels can line up.
    Move move = {.region = to, .axes = {}, .source_begin = {}, .destination_begin = {}};
    size_t outer_to = to.rank();
    int64_t wanted = 1;
    bool has_common_factors = true;
    for (size_t axis = from.rank(); axis-- > 0;)
    {
        int64_t rest = from[axis];
        int64_t step = 1;
        while (rest > 1 && has_common_factors)
        {
            while (wanted == 1 && outer_to > 0)
                wanted = to[--outer_to];
            const int64_t factor = std::min(rest, wanted);
            has_common_factors = factor > 1 && rest % factor == 0 && wanted % factor == 0;
            if (!has_common_factors)
                break;
            move.axes.push_back({.extent = factor, .source_axis = axis, .source_step = step});
            step *= factor;
            rest /= factor;
            wanted /= factor;
        }
        if (rest > 1)
            move.axes.push_back({.extent = rest, .source_axis = axis, .source_step = step});
    }
    std::reverse(move.axes.begin(), move.axes.end());
    return move;
}

Result<Plan> plan_conversion(const Operand& from, const Operand& to, const Limits& limits)
{
    const Operand inputs[] = {from};
    const Operand outputs[] = {to};
    return plan_copy(reshape_move(from.shape, to.shape),
                     {.inputs = inputs, .outputs = outputs, .infos = {}, .limits = limits, .real = to.storage});
}

} // namespace vkseg
