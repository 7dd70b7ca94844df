#pragma once

#include "formats/onnx/node.hpp"
#include "vkseg/operators.hpp"

namespace vkseg::onnx {

/// The window that the attributes of a convolution or pool describe.
Window read_window(NodeReader& node);
/// A Conv with the node's attributes.
Conv conv_of(NodeReader& node);

} // namespace vkseg::onnx
