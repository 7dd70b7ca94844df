#pragma once

#include "ops/copy.hpp"

/// A move seen as nested loops over memory.
namespace vkseg {

/// An axis that walks two strides at once: of source and destination, or of the source's places and channels.
struct Walk
{
    int64_t extent = 1;
    int64_t first = 0;
    int64_t second = 0;
};

/// Appends an inner axis, as part of the one before it where both walk on alike.
void append(std::vector<Walk>& walks, Walk walk);

/// Elements (blocked; not for channels) or values (linear) between neighbours along an axis.
std::array<int64_t, Shape::max_rank> strides_of(const Operand& operand);

/// A copy of whole elements: first is the source's stride, second the destination's.
struct ElementWalks
{
    std::vector<Walk> walks;
    int64_t source_offset = 0;
    int64_t destination_offset = 0;
};

/// nullopt where blocks of channels (both sides blocked) or runs of four values (both linear) do not line up.
std::optional<ElementWalks> element_walks(const Move& move, const MoveEnds& ends);

} // namespace vkseg
