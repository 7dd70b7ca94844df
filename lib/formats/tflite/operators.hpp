#pragma once

#include "formats/tflite/node.hpp"
#include "ops/operators.hpp"

namespace vkseg::tflite {

/// Reader of an operator of TensorFlow Lite, or of one of MediaPipe's own. Trailing optional inputs may be missing.
struct OperatorReader
{
    std::string_view op_type;
    void (*read)(NodeReader& node);
    size_t min_inputs = 1;
    size_t max_inputs = 1;
    size_t max_outputs = 1;
    bool is_custom = false;
};

/// Returns null if the operator is not supported.
const OperatorReader* find_operator(std::string_view op_type, bool is_custom);
/// Returns the readers of all supported operators, sorted by name.
std::vector<OperatorReader> operators();

// The readers of each source file.
std::span<const OperatorReader> convolution_operators(); ///< convolutions, pools and resizing
std::span<const OperatorReader> elementwise_operators(); ///< functions of each element
std::span<const OperatorReader> movement_operators();    ///< operators that move values, and shape arithmetic
std::span<const OperatorReader> reduction_operators();   ///< reductions, softmax and matrix products

} // namespace vkseg::tflite
