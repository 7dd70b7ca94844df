#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

#include <limits>

namespace vkseg::onnx {
namespace {

/// A parameter of a unary function: the attribute that holds it, and its default.
struct Parameter
{
    std::string_view attribute;
    float fallback = 0;
};

struct UnaryReader
{
    std::string_view op_type;
    UnaryKind kind = UnaryKind::identity;
    Parameter a = {};
    Parameter b = {};
};

constexpr UnaryReader unaries[] = {
    {"Abs", UnaryKind::abs},
    {"Acos", UnaryKind::acos},
    {"Acosh", UnaryKind::acosh},
    {"Asin", UnaryKind::asin},
    {"Asinh", UnaryKind::asinh},
    {"Atan", UnaryKind::atan},
    {"Atanh", UnaryKind::atanh},
    {"Ceil", UnaryKind::ceil},
    {"Celu", UnaryKind::celu, {"alpha", 1}},
    {"Cos", UnaryKind::cos},
    {"Cosh", UnaryKind::cosh},
    {"Elu", UnaryKind::elu, {"alpha", 1}},
    {"Erf", UnaryKind::erf},
    {"Exp", UnaryKind::exp},
    {"Floor", UnaryKind::floor},
    {"HardSigmoid", UnaryKind::hard_sigmoid, {"alpha", 0.2f}, {"beta", 0.5f}},
    {"HardSwish", UnaryKind::hard_swish},
    {"Identity", UnaryKind::identity},
    {"LeakyRelu", UnaryKind::leaky_relu, {"alpha", 0.01f}},
    {"Log", UnaryKind::log},
    {"Mish", UnaryKind::mish},
    {"Neg", UnaryKind::neg},
    {"Not", UnaryKind::logical_not},
    {"Reciprocal", UnaryKind::reciprocal},
    {"Relu", UnaryKind::relu},
    {"Round", UnaryKind::round},
    {"Selu", UnaryKind::selu, {"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}},
    {"Sigmoid", UnaryKind::sigmoid},
    {"Sign", UnaryKind::sign},
    {"Sin", UnaryKind::sin},
    {"Sinh", UnaryKind::sinh},
    {"Softplus", UnaryKind::softplus},
    {"Softsign", UnaryKind::softsign},
    {"Sqrt", UnaryKind::sqrt},
    {"Tan", UnaryKind::tan},
    {"Tanh", UnaryKind::tanh},
    {"ThresholdedRelu", UnaryKind::thresholded_relu, {"alpha", 1}},
};

struct BinaryReader
{
    std::string_view op_type;
    BinaryKind kind = BinaryKind::add;
};

constexpr BinaryReader binaries[] = {
    {"Add", BinaryKind::add},
    {"And", BinaryKind::logical_and},
    {"BitwiseAnd", BinaryKind::bitwise_and},
    {"BitwiseOr", BinaryKind::bitwise_or},
    {"BitwiseXor", BinaryKind::bitwise_xor},
    {"Div", BinaryKind::div},
    {"Equal", BinaryKind::equal},
    {"Greater", BinaryKind::greater},
    {"GreaterOrEqual", BinaryKind::greater_or_equal},
    {"Less", BinaryKind::less},
    {"LessOrEqual", BinaryKind::less_or_equal},
    {"Max", BinaryKind::max},
    {"Mean", BinaryKind::add},
    {"Min", BinaryKind::min},
    {"Mul", BinaryKind::mul},
    {"Or", BinaryKind::logical_or},
    {"PRelu", BinaryKind::prelu},
    {"Pow", BinaryKind::pow},
    {"Sub", BinaryKind::sub},
    {"Sum", BinaryKind::add},
    {"Xor", BinaryKind::logical_xor},
};

BinaryKind binary_kind(std::string_view op_type)
{
    for (const BinaryReader& reader : binaries)
    {
        if (reader.op_type == op_type)
            return reader.kind;
    }
    assert(false);
    return BinaryKind::add;
}

void read_unary(NodeReader& node)
{
    for (const UnaryReader& reader : unaries)
    {
        if (reader.op_type != node.op_type())
            continue;
        Unary op = {.kind = reader.kind};
        if (!reader.a.attribute.empty())
            op.a = node.real(reader.a.attribute, reader.a.fallback);
        if (!reader.b.attribute.empty())
            op.b = node.real(reader.b.attribute, reader.b.fallback);
        node.emit(op);
        return;
    }
    assert(false);
}

void read_clip(NodeReader& node)
{
    Unary op = {
        .kind = UnaryKind::clip, .a = std::numeric_limits<float>::lowest(), .b = std::numeric_limits<float>::max()};
    if (node.opset() < 11) // from 11 on the bounds are inputs
    {
        op.a = node.real("min", op.a);
        op.b = node.real("max", op.b);
    }
    node.emit(op);
}

void read_gelu(NodeReader& node)
{
    constexpr std::array<std::pair<std::string_view, UnaryKind>, 2> approximations = {{
        {"none", UnaryKind::gelu},
        {"tanh", UnaryKind::gelu_tanh},
    }};
    node.emit(Unary{.kind = node.choice("approximate", approximations)});
}

void read_dropout(NodeReader& node)
{
    node.ignore("ratio");
    node.ignore("seed");
    const Tensor* const ratio = node.has_input(1) ? node.constant(1) : nullptr;
    const bool drops_nothing = ratio != nullptr && ratio->elements() == 1 && ratio->to_floats().front() == 0;
    if (node.has_input(2) && !drops_nothing)
    {
        const Tensor* training_mode = node.constant(2);
        if (!training_mode || training_mode->elements() != 1 || training_mode->to_integers().front() != 0)
            node.unsupported("input 'training_mode' must be a constant false, or input 'ratio' 0");
    }
    // Nothing is dropped, so the mask is true everywhere; before opset 10 it had the type of x.
    if (node.is_wanted(1))
    {
        const ValueId shape = node.append(ShapeOf{}, {node.input(0)});
        const Tensor kept = node.opset() < 10 ? Tensor::from(Shape{1}, {1.0f})
                                              : Tensor::from_bytes(DType::boolean, Shape{1}, {std::byte(1)});
        node.emit_output(1, ConstantOfShape{.value = kept}, {shape});
    }
    node.emit_output(0, Unary{.kind = UnaryKind::identity}, {node.input(0)});
}

void read_binary(NodeReader& node)
{
    node.emit(Binary{.kind = binary_kind(node.op_type())});
}

void read_mod(NodeReader& node)
{
    node.emit(Binary{.kind = node.flag("fmod", false) ? BinaryKind::fmod : BinaryKind::mod});
}

void read_bit_shift(NodeReader& node)
{
    constexpr std::array<std::pair<std::string_view, BinaryKind>, 2> directions = {{
        {"RIGHT", BinaryKind::shift_right},
        {"LEFT", BinaryKind::shift_left},
    }};
    if (!node.has("direction"))
        node.invalid("attribute 'direction' is missing");
    node.emit(Binary{.kind = node.choice("direction", directions)});
}

void read_bitwise_not(NodeReader& node)
{
    const ValueId minus_one = cast_like(node, integer(node, -1), node.input(0)); // all bits of its type
    node.emit(Binary{.kind = BinaryKind::bitwise_xor}, {node.input(0), minus_one});
}

void read_variadic(NodeReader& node)
{
    const std::vector<ValueId>& inputs = node.inputs();
    if (inputs.size() == 1)
    {
        node.emit(Unary{.kind = UnaryKind::identity});
        return;
    }
    const Binary op = {.kind = binary_kind(node.op_type())};
    const bool is_mean = node.op_type() == "Mean";
    ValueId sum = inputs[0];
    for (size_t i = 1; i < inputs.size(); ++i)
    {
        if (i + 1 == inputs.size() && !is_mean)
            node.emit(op, {sum, inputs[i]});
        else
            sum = node.append(op, {sum, inputs[i]});
    }
    if (is_mean)
    {
        const Tensor count = Tensor::from(Shape{}, {float(inputs.size())});
        node.emit(Binary{.kind = BinaryKind::div}, {sum, node.add_constant(count)});
    }
}

void read_where(NodeReader& node)
{
    node.emit(Where{});
}

void read_cast(NodeReader& node)
{
    node.ignore("saturate"); // for 8-bit floats only
    node.ignore("round_mode");
    const Result<DType> type = data_type(DataType(node.required_integer("to")));
    if (!type.is_ok())
    {
        node.fail(type.status().with_context("attribute 'to'"));
        return;
    }
    const FloatTwin* const twin = node.float_twin(node.input(0));
    if (is_float(*type) && twin != nullptr && twin->floats != no_value)
        node.emit(Cast{.to = *type}, {twin->floats});
    else
        node.note_type(node.emit_output(0, Cast{.to = *type}, {node.input(0)}), *type);
}

/// Clip to 0 keeps NaN, which is true as a boolean.
void read_is_nan(NodeReader& node)
{
    node.emit(Cast{.to = DType::boolean}, {node.append(Unary{.kind = UnaryKind::clip}, {node.input(0)})});
}

/// The constants are too large for f16, so that the comparisons are in f32.
void read_is_inf(NodeReader& node)
{
    constexpr float largest = std::numeric_limits<float>::max();
    const ValueId x = node.input(0);
    const Binary is_above = {.kind = BinaryKind::greater};
    const Binary is_below = {.kind = BinaryKind::less};
    const bool detects_positive = node.flag("detect_positive", true);
    const bool detects_negative = node.flag("detect_negative", true);
    if (detects_positive && detects_negative)
        node.emit(Binary{.kind = BinaryKind::logical_or},
                  {node.append(is_above, {x, real(node, largest)}), node.append(is_below, {x, real(node, -largest)})});
    else if (detects_negative)
        node.emit(is_below, {x, real(node, -largest)});
    else // no number is above infinity
        node.emit(is_above, {x, real(node, detects_positive ? largest : std::numeric_limits<float>::infinity())});
}

/// x · sigmoid(alpha · x).
void read_swish(NodeReader& node)
{
    const float alpha = node.real("alpha", 1);
    const ValueId x = node.input(0);
    const ValueId scaled = alpha == 1 ? x : binary(node, BinaryKind::mul, x, cast_like(node, real(node, alpha), x));
    node.emit(Binary{.kind = BinaryKind::mul}, {x, unary(node, UnaryKind::sigmoid, scaled)});
}

void read_cast_like(NodeReader& node)
{
    node.ignore("saturate");
    node.ignore("round_mode");
    node.emit(Cast{});
}

constexpr OperatorReader elementwise_readers[] = {
    {"Abs", read_unary},
    {"Acos", read_unary},
    {"Acosh", read_unary},
    {"Add", read_binary, 2, 2, 1, 7},
    {"And", read_binary, 2, 2, 1, 7},
    {"Asin", read_unary},
    {"Asinh", read_unary},
    {"Atan", read_unary},
    {"Atanh", read_unary},
    {"BitShift", read_bit_shift, 2, 2},
    {"BitwiseAnd", read_binary, 2, 2},
    {"BitwiseNot", read_bitwise_not},
    {"BitwiseOr", read_binary, 2, 2},
    {"BitwiseXor", read_binary, 2, 2},
    {"Cast", read_cast, 1, 1, 1, 6},
    {"CastLike", read_cast_like, 2, 2},
    {"Ceil", read_unary},
    {"Celu", read_unary},
    {"Clip", read_clip, 1, 3},
    {"Cos", read_unary},
    {"Cosh", read_unary},
    {"Div", read_binary, 2, 2, 1, 7},
    {"Dropout", read_dropout, 1, 3, 2, 7},
    {"Elu", read_unary},
    {"Equal", read_binary, 2, 2, 1, 7},
    {"Erf", read_unary},
    {"Exp", read_unary},
    {"Floor", read_unary},
    {"Gelu", read_gelu},
    {"Greater", read_binary, 2, 2, 1, 7},
    {"GreaterOrEqual", read_binary, 2, 2},
    {"HardSigmoid", read_unary},
    {"HardSwish", read_unary},
    {"Identity", read_unary},
    {"IsInf", read_is_inf},
    {"IsNaN", read_is_nan},
    {"LeakyRelu", read_unary},
    {"Less", read_binary, 2, 2, 1, 7},
    {"LessOrEqual", read_binary, 2, 2},
    {"Log", read_unary},
    {"Max", read_variadic, 1, unlimited},
    {"Mean", read_variadic, 1, unlimited},
    {"Min", read_variadic, 1, unlimited},
    {"Mish", read_unary},
    {"Mod", read_mod, 2, 2},
    {"Mul", read_binary, 2, 2, 1, 7},
    {"Neg", read_unary},
    {"Not", read_unary},
    {"Or", read_binary, 2, 2, 1, 7},
    {"PRelu", read_binary, 2, 2, 1, 7},
    {"Pow", read_binary, 2, 2, 1, 7},
    {"Reciprocal", read_unary},
    {"Relu", read_unary},
    {"Round", read_unary},
    {"Selu", read_unary},
    {"Sigmoid", read_unary},
    {"Sign", read_unary},
    {"Sin", read_unary},
    {"Sinh", read_unary},
    {"Softplus", read_unary},
    {"Softsign", read_unary},
    {"Sqrt", read_unary},
    {"Sub", read_binary, 2, 2, 1, 7},
    {"Sum", read_variadic, 1, unlimited},
    {"Swish", read_swish},
    {"Tan", read_unary},
    {"Tanh", read_unary},
    {"ThresholdedRelu", read_unary},
    {"Where", read_where, 3, 3},
    {"Xor", read_binary, 2, 2, 1, 7},
};

} // namespace

std::span<const OperatorReader> elementwise_operators()
{
    return elementwise_readers;
}

} // namespace vkseg::onnx
