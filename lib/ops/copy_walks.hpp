#pragma once

#include "ops/copy.hpp"

/// Nested loops over memory that are equivalent to a move.
namespace vkseg {

/// An axis with two strides: of source and destination, or of the source's positions and channels.
struct Walk
{
    int64_t extent = 1;
    int64_t first = 0;
    int64_t second = 0;
};

/// Appends an inner axis; merges it with the one before it if their strides allow one loop over both.
void append(std::vector<Walk>& walks, Walk walk);

/// Number of elements (blocked; not for channels) or values (linear) between neighbours along each axis.
std::array<int64_t, Shape::max_rank> strides_of(const Operand& operand);

/// A copy of whole elements: first is the source's stride, second the destination's.
struct ElementWalks
{
    std::vector<Walk> walks;
    int64_t source_offset = 0;
    int64_t destination_offset = 0;
};

/// nullopt if blocks of channels (both sides blocked) or runs of four values (both linear) do not line up.
std::optional<ElementWalks> element_walks(const Move& move, const MoveEnds& ends);

} // namespace vkseg
