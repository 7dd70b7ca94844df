#pragma once

#include "formats/onnx/node.hpp"
#include "ops/operators.hpp"

namespace vkseg::onnx {

/// Reader of an ONNX operator. Counts of inputs and outputs are those of the operator's newest version; trailing
/// optional ones may be missing.
struct OperatorReader
{
    std::string_view op_type;
    void (*read)(NodeReader& node);
    size_t min_inputs = 1;
    size_t max_inputs = 1;
    size_t max_outputs = 1;
    int64_t since_opset = 1;      ///< older versions differ in meaning: no or other broadcasting, other inputs
    std::string_view domain = {}; ///< empty: ONNX's own
};

/// True for the names of ONNX's own domain.
bool is_default_domain(std::string_view domain);
/// Returns null if the operator is not supported.
const OperatorReader* find_operator(std::string_view domain, std::string_view op_type);
/// Says why an operator without a reader is not supported.
std::string refusal_of(std::string_view domain, std::string_view op_type);
/// Returns the readers of all supported operators, sorted by name.
std::vector<OperatorReader> operators();

// The readers of each source file.
std::span<const OperatorReader> attention_operators();       ///< attention and what belongs to it
std::span<const OperatorReader> control_flow_operators();    ///< operators with subgraphs
std::span<const OperatorReader> convolution_operators();     ///< convolutions, pools and resizing
std::span<const OperatorReader> detection_operators();       ///< boxes and regions of feature maps
std::span<const OperatorReader> elementwise_operators();     ///< functions of each element
std::span<const OperatorReader> integer_product_operators(); ///< convolutions and matrix products of integers
std::span<const OperatorReader> loss_operators();            ///< losses
std::span<const OperatorReader> microsoft_operators();       ///< operators that ONNX Runtime's optimiser writes
std::span<const OperatorReader> movement_operators();        ///< operators that move values, and shape arithmetic
std::span<const OperatorReader> normalization_operators();   ///< normalisations
std::span<const OperatorReader> placement_operators();    ///< operators that select or move values by their positions
std::span<const OperatorReader> quantization_operators(); ///< integers that stand for floats
std::span<const OperatorReader> recurrent_operators();    ///< LSTM, GRU and RNN
std::span<const OperatorReader> reduction_operators();    ///< reductions, selection and matrix products
std::span<const OperatorReader> sequence_operators();     ///< sequences of tensors and optional values
std::span<const OperatorReader> signal_operators();       ///< windows and Fourier transforms

} // namespace vkseg::onnx
