#pragma once

#include "formats/onnx/node.hpp"
#include "vkseg/operators.hpp"

namespace vkseg::onnx {

/// A Conv with the node's attributes.
Conv conv_of(NodeReader& node);

} // namespace vkseg::onnx
