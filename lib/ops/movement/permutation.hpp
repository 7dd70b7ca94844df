#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// The axes of the input in the order that they have in the output.
Result<std::vector<size_t>> resolve_permutation(const Transpose& op, size_t rank);

} // namespace vkseg
