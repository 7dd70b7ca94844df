#pragma once

#include "vkseg/graph.hpp"

namespace vkseg {

/// Takes the inputs without values from a node whose output has values: a concatenation drops them, and a matrix
/// product over an extent of 0 becomes one over an extent of 1 whose factors are zeros. Operators that make values of
/// none by other rules (Pad, Reduce) are folded, and all others refuse to.
void drop_empty_inputs(Graph& graph, Node& node);

} // namespace vkseg
