#pragma once

#include "model/onnx_tensor.hpp"
#include "vkseg/graph.hpp"

namespace vkseg::onnx {

/// The graph that a parsed model describes. The model is not needed afterwards; the bytes behind its tensors are.
Result<Graph> import_model(const ModelProto& model, TensorReader tensors);

} // namespace vkseg::onnx
