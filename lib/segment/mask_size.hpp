#pragma once

#include "vkseg/status.hpp"

#include <cstdint>

namespace vkseg {

/// Fails with invalid_argument unless a mask of this size has 1 to max_mask_pixels pixels.
Status check_mask_size(int64_t height, int64_t width);

} // namespace vkseg
