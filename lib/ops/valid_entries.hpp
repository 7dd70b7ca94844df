#pragma once

#include "ops/plan.hpp"

/// Tensors of which only the first entries along an axis are valid; the device finds how many (ValidEntries,
/// graph.hpp). The other entries may hold anything.
namespace vkseg {

/// The entries of an output that depend on nothing but valid entries of an input: all of them, or the first
/// count · factor along an axis.
struct DependentEntries
{
    std::optional<size_t> axis; ///< empty: all
    int64_t factor = 1;
};

/// Empty if results would mix valid entries with others. `axis` is the axis of input `input` of which only the first
/// entries are valid.
std::optional<DependentEntries> dependent_entries(const Op& op, Inputs inputs, size_t input, size_t axis, size_t output,
                                                  const Shape& output_shape);

/// The axis of the first output along which only the first entries are valid, if the second output is their number.
std::optional<size_t> counts_entries(const Op& op);

/// An input of which the operator leaves out NaN, and its axis of entries.
struct Mark
{
    size_t input = 0;
    size_t axis = 0;
};

/// The input of which invalid entries must be NaN, if any input of the operator has invalid entries.
std::optional<Mark> input_to_mark(const Op& op);

} // namespace vkseg
