#include "ops/movement/copy_loops.hpp"
#include "base/div_ceil.hpp"

namespace vkseg {
namespace {

/// Position and step of an axis of the move along an axis of the region; none if it spans several axes of the region.
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

/// Both sides in blocks of channels, and every block comes from one source block.
std::optional<ElementLoops> block_loops(const Move& move, const MoveEnds& ends)
{
    const auto source_strides = strides_of(ends.source);
    const auto destination_strides = strides_of(ends.destination);
    ElementLoops result = {
        .nest = {}, .source_offset = ends.source.view.offset, .destination_offset = ends.destination.view.offset};
    for (size_t axis = 0; axis < ends.source.shape.rank(); ++axis)
        result.source_offset += move.source_begin[axis] / (axis == 1 ? 4 : 1) * source_strides[axis];
    for (size_t axis = 0; axis < ends.destination.shape.rank(); ++axis)
        result.destination_offset += move.destination_begin[axis] / (axis == 1 ? 4 : 1) * destination_strides[axis];

    // Pad lanes of the last block are copied too, so that they must be pad lanes in the source.
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
        CopyLoop loop = {
            .extent = axis.extent,
            .strides = {axis.source_step * source_strides[axis.source_axis], to->step * destination_strides[to->axis]}};
        if (walks_channels)
        {
            if (axis.extent != channels || axis.source_step != 1)
                return std::nullopt;
            loop.extent = div_ceil(channels, 4);
        }
        append(result.nest, loop);
    }
    return result;
}

/// Both sides row-major, with values that move in aligned runs of four.
std::optional<ElementLoops> run_loops(const Move& move, const MoveEnds& ends)
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
    std::vector<CopyLoop> nest;
    int64_t row_major_step = move.region.elements();
    for (const MoveAxis& axis : move.axes)
    {
        if (axis.extent == 1)
            continue;
        row_major_step /= axis.extent;
        CopyLoop loop = {.extent = axis.extent,
                         .strides = {axis.source_step * source_strides[axis.source_axis], row_major_step}};
        if (!fills_all)
        {
            const std::optional<RegionStep> to = region_step(move.region, axis.extent, row_major_step);
            if (!to)
                return std::nullopt;
            loop.strides[1] = to->step * destination_strides[to->axis];
        }
        append(nest, loop);
    }
    // The tail of a whole tensor is copied with its padding.
    const bool is_whole = fills_all && move.region.elements() == ends.source.shape.elements() && source_begin == 0 &&
                          (nest.empty() || (nest.size() == 1 && nest[0].strides[0] == 1));
    if (is_whole)
        nest = {{.extent = round_up(move.region.elements(), 4), .strides = {1, 1}}};
    if (nest.empty() || nest.back().strides != std::array<int64_t, 2>{1, 1} || nest.back().extent % 4 != 0 ||
        source_begin % 4 != 0 || destination_begin % 4 != 0)
        return std::nullopt;
    for (size_t i = 0; i + 1 < nest.size(); ++i)
    {
        if (nest[i].strides[0] % 4 != 0 || nest[i].strides[1] % 4 != 0)
            return std::nullopt;
    }
    ElementLoops result = {.nest = {},
                           .source_offset = ends.source.view.offset + source_begin / 4,
                           .destination_offset = ends.destination.view.offset + destination_begin / 4};
    const int64_t runs = nest.back().extent / 4;
    nest.pop_back();
    for (const CopyLoop& loop : nest)
        append(result.nest, {loop.extent, {loop.strides[0] / 4, loop.strides[1] / 4}});
    append(result.nest, {runs, {1, 1}});
    return result;
}

} // namespace

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

std::optional<ElementLoops> element_loops(const Move& move, const MoveEnds& ends)
{
    if (ends.source.layout != ends.destination.layout)
        return std::nullopt;
    return ends.source.layout == Layout::blocked ? block_loops(move, ends) : run_loops(move, ends);
}

} // namespace vkseg
