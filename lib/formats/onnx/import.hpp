#pragma once

#include "formats/onnx/tensor.hpp"
#include "vkseg/graph.hpp"

namespace vkseg::onnx {

/// Makes the graph of a parsed model. The bytes of the model's tensors must outlive the graph; the model need not.
Result<Graph> import_model(const ModelProto& model, TensorReader tensors);

} // namespace vkseg::onnx
