#pragma once

#include "formats/onnx/proto.hpp"

namespace vkseg::onnx {

/// Orders the indices of the graph's nodes so that every value is computed before it is used; keeps the file's order if
/// possible. Fails if a value is defined twice or never, or if nodes form a cycle, and names the nodes.
Result<std::vector<size_t>> execution_order(const GraphProto& graph);

} // namespace vkseg::onnx
