#pragma once

#include "ops/plan.hpp"

/// Launches of kernels that compute the elements of linear tensors independently: one launch, or several shares of the
/// elements if a tensor is larger than one binding may be.
namespace vkseg {

/// Part of a linear tensor that a dispatch uses, and the offset of its first value there.
struct LinearWindow
{
    Binding binding;
    int offset = 0;
};

/// The part of `count` values from value `first` on. All of the operand is bound if it fits.
LinearWindow bind_values(Binding whole, const Operand& operand, int64_t first, int64_t count, const Limits& limits);

/// Consecutive elements of four values, and the entries along axis 0 that they hold or are a part of.
struct ElementShare
{
    int64_t first_element = 0;
    int64_t elements = 0;
    int first_entry = 0;
    int entries = 1;
};

/// Divides linear operands of the same shape into shares that each hold up to `max_entries` whole entries, or part of
/// one. A launch of set_linear_grid() over the share's elements may thus be limited to valid entries by
/// set_linear_span(). If the values of an entry do not fill whole elements, two shares may both hold the element
/// between two entries.
Result<std::vector<ElementShare>> share_elements(const std::string& what, std::span<const Operand* const> operands,
                                                 const Limits& limits, int64_t max_entries = INT32_MAX);

} // namespace vkseg
