#pragma once

#include "vkseg/graph.hpp"

namespace vkseg {

/// Nodes that compute what `node` computes, if the network computes its weights, scale or bias, which kernels read as
/// constants; empty if the node can stay as it is. Shapes and constants of the inputs are known. The nodes, whose names
/// begin with that of `node`, have new values in between.
std::vector<Node> with_computed_parameters(Graph& graph, const Node& node);

} // namespace vkseg
