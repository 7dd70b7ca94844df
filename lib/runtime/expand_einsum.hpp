#pragma once

#include "vkseg/graph.hpp"

namespace vkseg {

/// Nodes that compute an Einsum whose inputs have known shapes: a matrix product for each pair of operands that share a
/// letter to sum over, otherwise products of elements, with as few transposed values as possible. `graph` gets the
/// values between them.
Result<std::vector<Node>> expanded_einsum(Graph& graph, const Node& node);

} // namespace vkseg
