// Operators of the domain com.microsoft that ONNX Runtime's optimiser writes in place of several operators of ONNX.
#include "formats/onnx/convolution.hpp"
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

#include <limits>

namespace vkseg::onnx {
namespace {

constexpr std::string_view microsoft = "com.microsoft";

void read_gelu_of_sum(NodeReader& node)
{
    const UnaryKind kind = node.op_type() == "FastGelu" ? UnaryKind::gelu_tanh : UnaryKind::gelu;
    const ValueId x = node.has_input(1) ? binary(node, BinaryKind::add, node.input(0), node.input(1)) : node.input(0);
    node.emit(Unary{.kind = kind}, {x});
}

/// x · sigmoid(alpha · x).
void read_scaled_sigmoid(NodeReader& node)
{
    const ValueId alpha = cast_like(node, real(node, node.real("alpha", 1.702f)), node.input(0));
    const ValueId gate = unary(node, UnaryKind::sigmoid, binary(node, BinaryKind::mul, node.input(0), alpha));
    node.emit(Binary{.kind = BinaryKind::mul}, {node.input(0), gate});
}

/// Normalises input + skip + bias. Inputs: input, skip, gamma, [beta, unless simplified], [bias].
void read_skip_layer_normalization(NodeReader& node)
{
    const bool is_simplified = node.op_type() == "SkipSimplifiedLayerNormalization";
    const ValueId sum = binary(node, BinaryKind::add, node.input(0), node.input(1));
    const size_t bias = is_simplified ? 3 : 4;
    const ValueId x = node.has_input(bias) ? binary(node, BinaryKind::add, sum, node.input(bias)) : sum;
    std::vector<ValueId> inputs = {x, node.input(2)};
    if (!is_simplified && node.has_input(3))
        inputs.push_back(node.input(3));
    for (const size_t output : {size_t(1), size_t(2)})
    {
        if (node.is_wanted(output))
            node.unsupported("output " + std::to_string(output) + " (mean or deviation) is not supported");
    }
    if (node.is_wanted(3))
        node.emit_output(3, Unary{.kind = UnaryKind::identity}, {x});
    node.emit_output(0,
                     LayerNormalization{.kind = is_simplified ? NormalizationKind::rms : NormalizationKind::layer,
                                        .axes = {-1},
                                        .epsilon = node.real("epsilon", 1e-12f)},
                     std::move(inputs));
}

/// The function that a fused operator applies to its result; its parameters in the order of ONNX Runtime.
Unary activation_of(NodeReader& node, const std::vector<float>& parameters)
{
    const auto parameter = [&](size_t index, float fallback)
    { return index < parameters.size() ? parameters[index] : fallback; };
    const std::string_view name = node.text("activation", "");
    if (name.empty())
        return {.kind = UnaryKind::identity};
    if (name == "Relu")
        return {.kind = UnaryKind::relu};
    if (name == "Sigmoid")
        return {.kind = UnaryKind::sigmoid};
    if (name == "Tanh")
        return {.kind = UnaryKind::tanh};
    if (name == "LeakyRelu")
        return {.kind = UnaryKind::leaky_relu, .a = parameter(0, 0.01f)};
    if (name == "HardSigmoid")
        return {.kind = UnaryKind::hard_sigmoid, .a = parameter(0, 0.2f), .b = parameter(1, 0.5f)};
    if (name == "Clip")
        return {.kind = UnaryKind::clip,
                .a = parameter(0, std::numeric_limits<float>::lowest()),
                .b = parameter(1, std::numeric_limits<float>::max())};
    node.unsupported("attribute 'activation': value '" + std::string(name) + "' is not supported");
    return {};
}

void read_fused_conv(NodeReader& node)
{
    Conv op = conv_of(node);
    std::vector<ValueId> inputs = {node.input(0), node.input(1)};
    if (node.has_input(2))
        inputs.push_back(node.input(2));
    ValueId y = node.append(std::move(op), std::move(inputs));
    if (node.has_input(3))
        y = binary(node, BinaryKind::add, y, node.input(3));
    node.emit(activation_of(node, node.reals("activation_params")), {y});
}

void read_fused_gemm(NodeReader& node)
{
    const Gemm op = {.alpha = node.real("alpha", 1),
                     .beta = node.real("beta", 1),
                     .transpose_a = node.flag("transA", false),
                     .transpose_b = node.flag("transB", false)};
    std::vector<float> parameters;
    for (const std::string_view name : {"activation_alpha", "activation_beta"})
    {
        if (node.has(name))
            parameters.push_back(node.real(name, 0));
    }
    const ValueId y = node.append(op, node.inputs());
    node.emit(activation_of(node, parameters), {y});
}

/// Letters of an operand's axes; with `is_batched`, the first axis is the one before the batch.
std::string matrix_letters(bool is_transposed, bool is_batch_transposed, const std::string& rows,
                           const std::string& columns)
{
    const std::string& first = is_transposed ? columns : rows;
    const std::string& last = is_transposed ? rows : columns;
    return is_batch_transposed ? first + "..." + last : "..." + first + last;
}

void read_fused_mat_mul(NodeReader& node)
{
    const auto letters = [&](const char* transposed, const char* batch, const char* rows, const char* columns)
    {
        const bool is_transposed = node.flag(transposed, false);
        return matrix_letters(is_transposed, node.flag(batch, false), rows, columns);
    };
    const std::string a = letters("transA", "transBatchA", "i", "j");
    const std::string b = letters("transB", "transBatchB", "j", "k");
    const float alpha = node.real("alpha", 1);
    Op op = MatMul{};
    if (a != "...ij" || b != "...jk")
        op = Einsum{.equation = a + "," + b + "->...ik"};
    if (alpha == 1)
    {
        node.emit(std::move(op));
        return;
    }
    const ValueId product = node.append(std::move(op), node.inputs());
    node.emit(Binary{.kind = BinaryKind::mul}, {product, real(node, alpha)});
}

constexpr OperatorReader microsoft_readers[] = {
    {"BiasGelu", read_gelu_of_sum, 2, 2, 1, 1, microsoft},
    {"FastGelu", read_gelu_of_sum, 1, 2, 1, 1, microsoft},
    {"FusedConv", read_fused_conv, 2, 4, 1, 1, microsoft},
    {"FusedGemm", read_fused_gemm, 2, 3, 1, 1, microsoft},
    {"FusedMatMul", read_fused_mat_mul, 2, 2, 1, 1, microsoft},
    {"Gelu", read_gelu_of_sum, 1, 1, 1, 1, microsoft},
    {"QuickGelu", read_scaled_sigmoid, 1, 1, 1, 1, microsoft},
    {"SkipLayerNormalization", read_skip_layer_normalization, 3, 5, 4, 1, microsoft},
    {"SkipSimplifiedLayerNormalization", read_skip_layer_normalization, 3, 4, 4, 1, microsoft},
    {"TransposeMatMul", read_fused_mat_mul, 2, 2, 1, 1, microsoft}, // an older name of FusedMatMul
};

} // namespace

std::span<const OperatorReader> microsoft_operators()
{
    return microsoft_readers;
}

} // namespace vkseg::onnx
