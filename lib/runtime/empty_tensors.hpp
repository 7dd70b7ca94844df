#pragma once

#include "base/budget.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {

/// Removes empty inputs of a node whose output is not empty: Concat drops them, and a matrix product over an extent of
/// 0 becomes one over an extent of 1 whose factors are zeros. Operators that make values of none by other rules (Pad,
/// Reduce) are folded, and all others refuse to. Fails if the budget does not pay for the zeros.
Status drop_empty_inputs(Graph& graph, Node& node, FoldingBudget& budget);

} // namespace vkseg
