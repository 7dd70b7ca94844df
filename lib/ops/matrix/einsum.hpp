#pragma once

#include "ops/plan.hpp"

#include <map>

namespace vkseg {

/// An Einsum's equation for operands of known ranks. Letters are numbered; the axes that an ellipsis stands for have
/// numbers of their own, counted from the last one, so that they broadcast.
struct EinsumTerms
{
    std::vector<std::vector<int>> operands; ///< letter of each axis
    std::vector<int> output;
    std::map<int, int64_t> extents; ///< an operand's extent is this, or 1
};

Result<EinsumTerms> einsum_terms(const Einsum& op, Inputs inputs);

} // namespace vkseg
