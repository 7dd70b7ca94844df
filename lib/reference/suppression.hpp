#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace vkseg::reference {

using Corners = std::array<float, 4>; ///< x1, y1, x2, y2

/// True if the boxes' intersection is larger than threshold · union. In f32, so that each rounding is the kernel's.
bool is_overlap_above(float threshold, const Corners& a, const Corners& b);

/// Indices of all boxes whose score is above the bound, in falling order of scores, then of indices.
std::vector<size_t> order_by_scores(std::span<const float> scores, const float* bound);

} // namespace vkseg::reference
