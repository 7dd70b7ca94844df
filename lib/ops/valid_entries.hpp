#pragma once

#include "ops/plan.hpp"

/// Tensors of which only the first entries along an axis are valid; the device finds how many (ValidEntries,
/// graph.hpp). The other entries may hold anything.
namespace vkseg {

/// The entries of an output that depend on nothing but valid entries of an input: all of them, or the first
/// count / divisor · factor along an axis, but at most `limit`.
struct DependentEntries
{
    std::optional<size_t> axis; ///< empty: all
    int64_t factor = 1;
    int64_t divisor = 1;
    std::optional<int64_t> limit = {};
};

/// Empty if results would mix valid entries with others. `axis` is the axis of input `input` of which only the first
/// entries are valid.
std::optional<DependentEntries> dependent_entries(const Op& op, Inputs inputs, size_t input, size_t axis, size_t output,
                                                  const Shape& output_shape);

/// The axis of the first output along which only the first entries are valid, if the last output is their number.
std::optional<size_t> counted_axis_of(const Op& op);

/// An input whose invalid entries along an axis must hold a value that the operator leaves out.
struct FillOfInvalid
{
    size_t input = 0;
    size_t axis = 0;
    double value = 0;
};

/// The fill that the operator needs if only the first entries of input `input` along `axis` are valid.
std::optional<FillOfInvalid> fill_of_invalid(const Op& op, Inputs inputs, size_t input, size_t axis);

} // namespace vkseg
