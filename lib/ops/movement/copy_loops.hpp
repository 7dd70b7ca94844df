#pragma once

#include "ops/movement/copy.hpp"
#include "ops/strided_loop.hpp"

/// Nested loops over memory that are equivalent to a move.
namespace vkseg {

/// A loop with two strides: in source and destination, or in the source's positions and channels.
using CopyLoop = StridedLoop<2>;

/// Number of elements (blocked; not for channels) or values (linear) between neighbours along each axis.
std::array<int64_t, Shape::max_rank> strides_of(const Operand& operand);

/// A copy of whole elements from source to destination.
struct ElementLoops
{
    std::vector<CopyLoop> nest;
    int64_t source_offset = 0;
    int64_t destination_offset = 0;
};

/// nullopt if blocks of channels (both sides blocked) or runs of four values (both linear) do not line up.
std::optional<ElementLoops> element_loops(const Move& move, const MoveEnds& ends);

} // namespace vkseg
