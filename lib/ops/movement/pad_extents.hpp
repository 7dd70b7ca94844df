#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// Elements that a Pad adds at both ends of each axis of x; negative numbers remove elements.
struct PadExtents
{
    std::array<int64_t, Shape::max_rank> begins = {};
    std::array<int64_t, Shape::max_rank> ends = {};
};

Result<PadExtents> resolve_pads(const Pad& op, const Shape& x);

} // namespace vkseg
