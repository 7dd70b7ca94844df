#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// Result of ShapeOf for a tensor of this shape; the tensor need not be a constant.
Tensor shape_values(const ShapeOf& op, const Shape& shape);

} // namespace vkseg
