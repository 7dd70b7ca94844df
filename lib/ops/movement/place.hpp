#pragma once

#include "movement/pad.h"
#include "ops/movement/copy.hpp"

namespace vkseg {

/// Position of a source relative to a destination of the same rank, and the values of the destination outside the
/// source: parameters of the kernel that Pad, Tile and Concat share.
struct Placement
{
    std::array<int64_t, Shape::max_rank> begin = {}; ///< position of the source in the destination; negative: cropped
    int outside = contract::outside_is_value;
    uint32_t value = 0; ///< in the destination's storage
};

/// Fills the whole destination, or, with outside_is_kept, those elements that hold values of the source.
Dispatch place(const Placement& placement, const MoveEnds& ends, const Limits& limits);

} // namespace vkseg
