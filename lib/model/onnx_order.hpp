#pragma once

#include "model/onnx_proto.hpp"

namespace vkseg::onnx {

/// Indices of the graph's nodes such that every value is computed before it is used; the file's order where it does.
/// Fails when a value is defined twice or never, or when nodes wait for each other, naming them.
Result<std::vector<size_t>> execution_order(const GraphProto& graph);

} // namespace vkseg::onnx
