#pragma once

#include "vkseg/status.hpp"
#include "vkseg/tensor.hpp"

namespace vkseg {

/// Makes a shape from the extents in a file, where −1 means unknown; refuses ranks and sizes that no tensor can have.
Result<Shape> checked_shape(std::span<const int64_t> extents);

} // namespace vkseg
