#pragma once

#include "reference/evaluate.hpp"

namespace vkseg::reference {

/// Result of an operator whose inputs are data, indices and updates. `places` in the data are those of all values of
/// the updates; `outside` is none.
Result<Tensors> scatter(ScatterReduction reduction, const std::vector<int64_t>& places, const Arguments& arguments);

} // namespace vkseg::reference
