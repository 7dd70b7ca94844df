#pragma once

#include "base/budget.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {

/// Removes empty inputs of a node whose output is not empty: Concat drops them, a scatter of no updates becomes
/// the identity, and a matrix product over an extent of 0 becomes one over an extent of 1 whose factors are zeros.
/// NonMaxSuppression and BatchedNms of no boxes get a box of zeros that no score lets pass, and NonZero of no values
/// gets zeros. Operators that compute values from empty inputs by other rules (Pad, Reduce) are folded; all other
/// operators reject empty inputs. Fails if the budget does not cover the zeros.
Status drop_empty_inputs(Graph& graph, Node& node, FoldingBudget& budget);

} // namespace vkseg
