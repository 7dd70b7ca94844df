#pragma once

#include "formats/onnx/node.hpp"
#include "vkseg/graph.hpp"

namespace vkseg::onnx {

/// Makes the graph of a parsed model. The bytes of the model's tensors must outlive the graph; the model need not.
Result<Graph> import_model(const ModelProto& model, TensorReader tensors);

/// Makes the graph of a subgraph. Its inputs are those of the proto, then the captured values that are not constants of
/// `outer`. `place` is that inside of the subgraph's node.
Result<Graph> import_subgraph(const GraphProto& proto, const Translation& outer,
                              std::span<const std::string_view> captured, const std::string& place);

} // namespace vkseg::onnx
