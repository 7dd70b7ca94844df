#pragma once

#include "base/limits.hpp"
#include "vkseg/status.hpp"

#include <span>

namespace vkseg {

/// How often a loop of so many turns does, with loops over each of the extents inside one another in it, the last look
/// of each included (Limits::max_loop_turns).
int64_t count_loop_turns(int64_t outermost, std::span<const int64_t> extents);

/// The same of a convolution kernel, over blocks of inputs and the taps of its window: there is no loop over one tap,
/// nor over the depth of a flat window.
int64_t count_convolution_turns(int64_t input_blocks, std::span<const int64_t> taps);

/// Fails with unsupported where that is too often for a device.
Status check_loop_turns(int64_t turns, const Limits& limits);

} // namespace vkseg
