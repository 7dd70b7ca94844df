// Functions of each element.
#include "formats/tflite/operators.hpp"

#include <cassert>

namespace vkseg::tflite {
namespace {

using schema::ActivationFunctionType;

struct UnaryReader
{
    std::string_view op_type;
    Unary op;
};

constexpr UnaryReader unaries[] = {
    {"ABS", {UnaryKind::abs}},
    {"CEIL", {UnaryKind::ceil}},
    {"COS", {UnaryKind::cos}},
    {"ELU", {UnaryKind::elu, 1}},
    {"EXP", {UnaryKind::exp}},
    {"FLOOR", {UnaryKind::floor}},
    {"HARD_SWISH", {UnaryKind::hard_swish}},
    {"LOG", {UnaryKind::log}},
    {"LOGICAL_NOT", {UnaryKind::logical_not}},
    {"LOGISTIC", {UnaryKind::sigmoid}},
    {"NEG", {UnaryKind::neg}},
    {"RELU", {UnaryKind::relu}},
    {"RELU6", {UnaryKind::clip, 0, 6}},
    {"RELU_0_TO_1", {UnaryKind::clip, 0, 1}},
    {"RELU_N1_TO_1", {UnaryKind::clip, -1, 1}},
    {"ROUND", {UnaryKind::round}},
    {"SIGN", {UnaryKind::sign}},
    {"SIN", {UnaryKind::sin}},
    {"SQRT", {UnaryKind::sqrt}},
    {"TANH", {UnaryKind::tanh}},
};

struct BinaryReader
{
    std::string_view op_type;
    BinaryKind kind = BinaryKind::add;
};

constexpr BinaryReader binaries[] = {
    {"ADD", BinaryKind::add},
    {"DIV", BinaryKind::div},
    {"EQUAL", BinaryKind::equal},
    {"GREATER", BinaryKind::greater},
    {"GREATER_EQUAL", BinaryKind::greater_or_equal},
    {"LESS", BinaryKind::less},
    {"LESS_EQUAL", BinaryKind::less_or_equal},
    {"LOGICAL_AND", BinaryKind::logical_and},
    {"LOGICAL_OR", BinaryKind::logical_or},
    {"MAXIMUM", BinaryKind::max},
    {"MINIMUM", BinaryKind::min},
    {"MUL", BinaryKind::mul},
    {"POW", BinaryKind::pow},
    {"PRELU", BinaryKind::prelu},
    {"SUB", BinaryKind::sub},
};

void read_unary(NodeReader& node)
{
    const Form form = node.form();
    for (const UnaryReader& reader : unaries)
    {
        if (reader.op_type == node.op_type())
            return node.emit(form, reader.op, {node.value(0, form)});
    }
    assert(false);
}

void read_gelu(NodeReader& node)
{
    const auto* const options = node.options<schema::GeluOptions>();
    const bool is_approximate = options != nullptr && options->approximate();
    const Form form = node.form();
    node.emit(form, Unary{.kind = is_approximate ? UnaryKind::gelu_tanh : UnaryKind::gelu}, {node.value(0, form)});
}

void read_leaky_relu(NodeReader& node)
{
    const auto* const options = node.options<schema::LeakyReluOptions>();
    const Form form = node.form();
    node.emit(form, Unary{.kind = UnaryKind::leaky_relu, .a = options == nullptr ? 0 : options->alpha()},
              {node.value(0, form)});
}

void read_rsqrt(NodeReader& node)
{
    const Form form = node.form();
    const ValueId root = node.append(Unary{.kind = UnaryKind::sqrt}, {node.value(0, form)});
    node.emit(form, Unary{.kind = UnaryKind::reciprocal}, {root});
}

void read_square(NodeReader& node)
{
    const Form form = node.form();
    const ValueId x = node.value(0, form);
    node.emit(form, Binary{.kind = BinaryKind::mul}, {x, x});
}

void read_squared_difference(NodeReader& node)
{
    const Form form = node.form();
    const ValueId difference = node.append(Binary{.kind = BinaryKind::sub}, {node.value(0, form), node.value(1, form)});
    node.emit(form, Binary{.kind = BinaryKind::mul}, {difference, difference});
}

template <class Options>
ActivationFunctionType fused(const NodeReader& node)
{
    const Options* const options = node.options<Options>();
    return options == nullptr ? ActivationFunctionType::NONE : options->fused_activation_function();
}

ActivationFunctionType fused_activation(const NodeReader& node)
{
    if (node.op_type() == "ADD")
        return fused<schema::AddOptions>(node);
    if (node.op_type() == "SUB")
        return fused<schema::SubOptions>(node);
    if (node.op_type() == "MUL")
        return fused<schema::MulOptions>(node);
    return node.op_type() == "DIV" ? fused<schema::DivOptions>(node) : ActivationFunctionType::NONE;
}

void read_binary(NodeReader& node)
{
    const Form form = node.form();
    for (const BinaryReader& reader : binaries)
    {
        if (reader.op_type == node.op_type())
            return node.emit(form, Binary{.kind = reader.kind}, {node.value(0, form), node.value(1, form)},
                             fused_activation(node));
    }
    assert(false);
}

void read_not_equal(NodeReader& node)
{
    const Form form = node.form();
    const ValueId are_equal =
        node.append(Binary{.kind = BinaryKind::equal}, {node.value(0, form), node.value(1, form)});
    node.emit(form, Unary{.kind = UnaryKind::logical_not}, {are_equal});
}

void read_add_n(NodeReader& node)
{
    const Form form = node.form();
    ValueId sum = node.value(0, form);
    for (size_t i = 1; i + 1 < node.input_count(); ++i)
        sum = node.append(Binary{}, {sum, node.value(i, form)});
    if (node.input_count() == 1)
        return node.emit(form, Unary{}, {sum});
    node.emit(form, Binary{}, {sum, node.value(node.input_count() - 1, form)});
}

/// SELECT's condition may have one axis, that of the batch; SELECT_V2 broadcasts as NumPy does.
void read_select(NodeReader& node)
{
    if (node.op_type() == "SELECT" && node.shape(0).rank() != node.shape(1).rank() && node.shape(0).rank() != 0)
        return node.unsupported("a condition for each entry of the batch is not supported");
    const Form form = node.form();
    node.emit(form, Where{}, {node.value(0, form), node.value(1, form), node.value(2, form)});
}

void read_cast(NodeReader& node)
{
    const Form form = node.form();
    node.emit(form, Cast{.to = node.output_type()}, {node.value(0, form)});
}

/// Real numbers of quantised values, or f32 of f16. Quantised values are real numbers in the graph.
void read_dequantize(NodeReader& node)
{
    if (node.is_constant(0))
        return node.emit_constant(*node.state(0).constant);
    const Form form = node.form();
    node.emit(form, Cast{.to = DType::f32}, {node.value(0, form)});
}

void read_quantize(NodeReader& node)
{
    const Form form = node.form();
    node.emit(form, Unary{.kind = UnaryKind::identity}, {node.value(0, form)});
}

constexpr OperatorReader elementwise_readers[] = {
    {"ABS", read_unary},
    {"ADD", read_binary, 2, 2},
    {"ADD_N", read_add_n, 1, unlimited},
    {"CAST", read_cast},
    {"CEIL", read_unary},
    {"COS", read_unary},
    {"DEQUANTIZE", read_dequantize},
    {"DIV", read_binary, 2, 2},
    {"ELU", read_unary},
    {"EQUAL", read_binary, 2, 2},
    {"EXP", read_unary},
    {"FLOOR", read_unary},
    {"GELU", read_gelu},
    {"GREATER", read_binary, 2, 2},
    {"GREATER_EQUAL", read_binary, 2, 2},
    {"HARD_SWISH", read_unary},
    {"LEAKY_RELU", read_leaky_relu},
    {"LESS", read_binary, 2, 2},
    {"LESS_EQUAL", read_binary, 2, 2},
    {"LOG", read_unary},
    {"LOGICAL_AND", read_binary, 2, 2},
    {"LOGICAL_NOT", read_unary},
    {"LOGICAL_OR", read_binary, 2, 2},
    {"LOGISTIC", read_unary},
    {"MAXIMUM", read_binary, 2, 2},
    {"MINIMUM", read_binary, 2, 2},
    {"MUL", read_binary, 2, 2},
    {"NEG", read_unary},
    {"NOT_EQUAL", read_not_equal, 2, 2},
    {"POW", read_binary, 2, 2},
    {"PRELU", read_binary, 2, 2},
    {"QUANTIZE", read_quantize},
    {"RELU", read_unary},
    {"RELU6", read_unary},
    {"RELU_0_TO_1", read_unary},
    {"RELU_N1_TO_1", read_unary},
    {"ROUND", read_unary},
    {"RSQRT", read_rsqrt},
    {"SELECT", read_select, 3, 3},
    {"SELECT_V2", read_select, 3, 3},
    {"SIGN", read_unary},
    {"SIN", read_unary},
    {"SQRT", read_unary},
    {"SQUARE", read_square},
    {"SQUARED_DIFFERENCE", read_squared_difference, 2, 2},
    {"SUB", read_binary, 2, 2},
    {"TANH", read_unary},
};

} // namespace

std::span<const OperatorReader> elementwise_operators()
{
    return elementwise_readers;
}

} // namespace vkseg::tflite
