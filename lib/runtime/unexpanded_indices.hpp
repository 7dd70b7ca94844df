#pragma once

#include "vkseg/graph.hpp"

namespace vkseg {

/// Lets a ScatterElements read the input of an Expand instead of its result, so that indices that are the same for
/// whole rows need no memory for each value. `producers` are those of find_producers().
void read_unexpanded_indices(const Graph& graph, Node& node, std::span<const int> producers);

} // namespace vkseg
