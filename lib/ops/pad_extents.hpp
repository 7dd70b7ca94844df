#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// What a Pad adds to each axis of x, or, where negative, takes away.
struct PadExtents
{
    std::array<int64_t, Shape::max_rank> begins = {};
    std::array<int64_t, Shape::max_rank> ends = {};
};

Result<PadExtents> resolve_pads(const Pad& op, const Shape& x);

} // namespace vkseg
