#include "formats/onnx/operators.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

constexpr size_t any = ~size_t(0);

constexpr OperatorReader readers[] = {
    {"Abs", read_unary},
    {"Add", read_binary, 2, 2, 1, 7},
    {"And", read_binary, 2, 2, 1, 7},
    {"ArgMax", read_arg_reduce},
    {"ArgMin", read_arg_reduce},
    {"AveragePool", read_pool},
    {"BatchNormalization", read_batch_normalization, 5, 5, 5, 7},
    {"Cast", read_cast, 1, 1, 1, 6},
    {"Ceil", read_unary},
    {"Celu", read_unary},
    {"Clip", read_clip, 1, 3},
    {"Concat", read_concat, 1, any, 1, 4},
    {"Constant", read_constant, 0, 0},
    {"ConstantOfShape", read_constant_of_shape},
    {"Conv", read_conv, 2, 3},
    {"ConvTranspose", read_conv_transpose, 2, 3},
    {"Cos", read_unary},
    {"DepthToSpace", read_depth_to_space},
    {"Div", read_binary, 2, 2, 1, 7},
    {"Dropout", read_dropout, 1, 3, 2, 7},
    {"Elu", read_unary},
    {"Equal", read_binary, 2, 2, 1, 7},
    {"Erf", read_unary},
    {"Exp", read_unary},
    {"Expand", read_expand, 2, 2},
    {"Flatten", read_reshape},
    {"Floor", read_unary},
    {"Gather", read_gather, 2, 2},
    {"Gelu", read_gelu},
    {"Gemm", read_gemm, 2, 3, 1, 7},
    {"GlobalAveragePool", read_global_pool},
    {"GlobalLpPool", read_global_pool, 1, 1, 1, 2},
    {"GlobalMaxPool", read_global_pool},
    {"Greater", read_binary, 2, 2, 1, 7},
    {"GreaterOrEqual", read_binary, 2, 2},
    {"HardSigmoid", read_unary},
    {"HardSwish", read_unary},
    {"Identity", read_unary},
    {"InstanceNormalization", read_instance_normalization, 3, 3},
    {"LRN", read_lrn},
    {"LayerNormalization", read_layer_normalization, 2, 3, 3},
    {"LeakyRelu", read_unary},
    {"Less", read_binary, 2, 2, 1, 7},
    {"LessOrEqual", read_binary, 2, 2},
    {"Log", read_unary},
    {"LogSoftmax", read_softmax},
    {"LpNormalization", read_lp_normalization},
    {"LpPool", read_pool, 1, 1, 1, 2},
    {"MatMul", read_mat_mul, 2, 2},
    {"Max", read_variadic, 1, any},
    {"MaxPool", read_pool, 1, 1, 2},
    {"MaxUnpool", read_max_unpool, 2, 3},
    {"Mean", read_variadic, 1, any},
    {"Min", read_variadic, 1, any},
    {"Mish", read_unary},
    {"Mod", read_mod, 2, 2},
    {"Mul", read_binary, 2, 2, 1, 7},
    {"Neg", read_unary},
    {"Not", read_unary},
    {"Or", read_binary, 2, 2, 1, 7},
    {"PRelu", read_binary, 2, 2, 1, 7},
    {"Pad", read_pad, 1, 4, 1, 2},
    {"Pow", read_binary, 2, 2, 1, 7},
    {"RMSNormalization", read_layer_normalization, 2, 2},
    {"Range", read_range, 3, 3},
    {"Reciprocal", read_unary},
    {"ReduceL1", read_reduce, 1, 2},
    {"ReduceL2", read_reduce, 1, 2},
    {"ReduceLogSum", read_reduce, 1, 2},
    {"ReduceLogSumExp", read_reduce, 1, 2},
    {"ReduceMax", read_reduce, 1, 2},
    {"ReduceMean", read_reduce, 1, 2},
    {"ReduceMin", read_reduce, 1, 2},
    {"ReduceProd", read_reduce, 1, 2},
    {"ReduceSum", read_reduce, 1, 2},
    {"ReduceSumSquare", read_reduce, 1, 2},
    {"Relu", read_unary},
    {"Reshape", read_reshape, 2, 2, 1, 5},
    {"Resize", read_resize, 1, 4},
    {"Round", read_unary},
    {"Selu", read_unary},
    {"Shape", read_shape},
    {"Sigmoid", read_unary},
    {"Sign", read_unary},
    {"Sin", read_unary},
    {"Size", read_shape},
    {"Slice", read_slice, 1, 5},
    {"Softmax", read_softmax},
    {"Softplus", read_unary},
    {"Softsign", read_unary},
    {"SpaceToDepth", read_space_to_depth},
    {"Split", read_split, 1, 2, any, 2},
    {"Sqrt", read_unary},
    {"Squeeze", read_reshape, 1, 2},
    {"Sub", read_binary, 2, 2, 1, 7},
    {"Sum", read_variadic, 1, any},
    {"Tanh", read_unary},
    {"ThresholdedRelu", read_unary},
    {"Tile", read_tile, 2, 2, 1, 6},
    {"Transpose", read_transpose},
    {"Unsqueeze", read_reshape, 1, 2},
    {"Upsample", read_upsample, 1, 2, 1, 7},
    {"Where", read_where, 3, 3},
    {"Xor", read_binary, 2, 2, 1, 7},
};

constexpr bool is_before(const OperatorReader& a, const OperatorReader& b)
{
    return a.op_type < b.op_type;
}

static_assert(std::is_sorted(std::begin(readers), std::end(readers), is_before));

} // namespace

const OperatorReader* find_operator(std::string_view op_type)
{
    const auto found =
        std::lower_bound(std::begin(readers), std::end(readers), OperatorReader{op_type, nullptr}, is_before);
    return found != std::end(readers) && found->op_type == op_type ? found : nullptr;
}

std::span<const OperatorReader> operators()
{
    return readers;
}

} // namespace vkseg::onnx
