#pragma once

#include "ops/linear_shares.hpp"

/// Common parts of PasteMasks and PasteSoftMasks, which place masks of instances in a picture.
namespace vkseg {

/// Fails unless `size` holds the height and width of a picture.
Status check_paste_size(const Integers& size);

/// Number of instances whose values of the operand fit one binding.
Result<int> instances_that_fit(const char* what, const Operand& operand, const Limits& limits);

} // namespace vkseg
