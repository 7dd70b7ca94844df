#pragma once

#include "ops/plan.hpp"

/// Common parts of PasteMasks and PasteSoftMasks, which place masks of instances in a picture.
namespace vkseg {

/// Fails unless `size` holds the height and width of a picture.
Status check_paste_size(const Integers& size);

/// Part of a linear tensor that a dispatch uses, and the offset of its first value there.
struct LinearWindow
{
    Binding binding;
    int offset = 0;
};

/// The part of `count` values from value `first` on. All of the operand is bound if it fits.
LinearWindow bind_values(Binding whole, const Operand& operand, int64_t first, int64_t count, const Limits& limits);

/// Number of instances whose values of the operand fit one binding.
Result<int> instances_that_fit(const char* what, const Operand& operand, const Limits& limits);

} // namespace vkseg
