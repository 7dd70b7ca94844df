#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// Part of one axis that a Slice takes: `count` indices from `begin` on, `step` apart.
struct SliceRange
{
    int64_t begin = 0;
    int64_t step = 1;
    int64_t count = 0;
};

/// One range for each axis of x; starts, ends and steps are clamped as ONNX specifies.
Result<std::vector<SliceRange>> slice_ranges(const Slice& op, const Shape& x);

} // namespace vkseg
