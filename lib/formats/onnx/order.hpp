#pragma once

#include "formats/onnx/proto.hpp"

namespace vkseg::onnx {

/// Names of the values that a subgraph, or a subgraph in it, uses but does not compute, in the order of their first
/// use.
std::vector<std::string_view> captured_names(const GraphProto& subgraph);

/// Names of all values that the node reads: its inputs, missing ones included, and the values that its subgraphs
/// capture.
std::vector<std::string_view> names_read(const NodeProto& node);

/// Orders the indices of the graph's nodes so that every value is computed before it is used; keeps the file's order if
/// possible. `captured` are the names that a subgraph captures. Fails if a value is defined twice or never, or if nodes
/// form a cycle, and names the nodes.
Result<std::vector<size_t>> execution_order(const GraphProto& graph, std::span<const std::string_view> captured = {});

} // namespace vkseg::onnx
