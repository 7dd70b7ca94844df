#pragma once

#include "vkseg/status.hpp"
#include "vkseg/tensor.hpp"

namespace vkseg {

/// A shape from extents in a file, −1 meaning unknown; refuses ranks and sizes that no tensor can have.
Result<Shape> checked_shape(std::span<const int64_t> extents);

} // namespace vkseg
