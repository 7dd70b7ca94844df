#pragma once

#include "ops/plan.hpp"

#include <limits>

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

/// True if the last output is the number of entries along axis 0 of the first output that are valid.
bool counts_entries(const Op& op);

/// An input, its axis of entries, and a value that the operator leaves out.
struct Mark
{
    size_t input = 0;
    size_t axis = 0;
    float value = std::numeric_limits<float>::quiet_NaN();
};

/// The input of which invalid entries must have the mark's value, if any input of the operator has invalid entries.
/// `axis` is the axis of which only the first entries are valid, for operators of one input.
std::optional<Mark> input_to_mark(const Op& op, Inputs inputs, size_t axis);

} // namespace vkseg
