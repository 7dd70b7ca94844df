#pragma once

#include "formats/onnx/node.hpp"

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
    int64_t since_opset = 1; ///< older versions differ in meaning: no or other broadcasting, other inputs
};

/// Returns null if the operator is not supported.
const OperatorReader* find_operator(std::string_view op_type);
/// Returns the readers of all supported operators, sorted by name.
std::span<const OperatorReader> operators();

// onnx_convolution.cpp: convolutions, pooling, resizing
void read_conv(NodeReader& node);
void read_conv_transpose(NodeReader& node);
void read_pool(NodeReader& node);
void read_global_pool(NodeReader& node);
void read_max_unpool(NodeReader& node);
void read_resize(NodeReader& node);
void read_upsample(NodeReader& node);

// onnx_elementwise.cpp
void read_unary(NodeReader& node);
void read_clip(NodeReader& node);
void read_gelu(NodeReader& node);
void read_dropout(NodeReader& node);
void read_binary(NodeReader& node);
void read_mod(NodeReader& node);
void read_variadic(NodeReader& node);
void read_where(NodeReader& node);
void read_cast(NodeReader& node);

// onnx_movement.cpp: operators that move values, and shape arithmetic
void read_concat(NodeReader& node);
void read_split(NodeReader& node);
void read_slice(NodeReader& node);
void read_pad(NodeReader& node);
void read_transpose(NodeReader& node);
void read_reshape(NodeReader& node);
void read_expand(NodeReader& node);
void read_tile(NodeReader& node);
void read_gather(NodeReader& node);
void read_depth_to_space(NodeReader& node);
void read_space_to_depth(NodeReader& node);
void read_constant(NodeReader& node);
void read_constant_of_shape(NodeReader& node);
void read_shape(NodeReader& node);
void read_range(NodeReader& node);

// onnx_reduction.cpp: normalisation, reductions, matrix products
void read_batch_normalization(NodeReader& node);
void read_instance_normalization(NodeReader& node);
void read_layer_normalization(NodeReader& node);
void read_lp_normalization(NodeReader& node);
void read_lrn(NodeReader& node);
void read_softmax(NodeReader& node);
void read_arg_reduce(NodeReader& node);
void read_reduce(NodeReader& node);
void read_mat_mul(NodeReader& node);
void read_gemm(NodeReader& node);

} // namespace vkseg::onnx
