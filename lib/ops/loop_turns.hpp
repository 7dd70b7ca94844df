#pragma once

#include "base/limits.hpp"
#include "vkseg/status.hpp"

#include <span>

namespace vkseg {

/// Condition evaluations in a nest of loops, the outermost first, counting the final failing test of each loop
/// (Limits::max_loop_turns).
int64_t count_loop_turns(int64_t outermost, std::span<const int64_t> extents);

/// Condition evaluations of a convolution kernel, which loops over input blocks and the taps of its window, but not
/// over a single tap or the depth of a flat window.
int64_t count_convolution_turns(int64_t input_blocks, std::span<const int64_t> taps);

/// Fails with unsupported if a device supports fewer evaluations.
Status check_loop_turns(int64_t turns, const Limits& limits);

} // namespace vkseg
