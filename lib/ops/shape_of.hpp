#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// What ShapeOf gives for a tensor of this shape, which need not be a constant itself.
Tensor shape_values(const ShapeOf& op, const Shape& shape);

} // namespace vkseg
