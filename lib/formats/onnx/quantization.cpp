// Quantisation, and operators of com.microsoft that quantise the results of operators on floats.
#include "formats/onnx/convolution.hpp"
#include "formats/onnx/operators.hpp"
#include "formats/onnx/quantized_values.hpp"

#include <limits>

namespace vkseg::onnx {
namespace {

/// True if the input is present; otherwise the node fails.
bool has_required(NodeReader& node, size_t input, const char* what)
{
    if (!node.has_input(input))
        node.invalid(std::string("input '") + what + "' is missing");
    return node.has_input(input);
}

/// Emits integers for the floats.
void emit_quantized(NodeReader& node, ValueId floats, ValueId scale, ValueId zero_point, DType type, int64_t axis = 1)
{
    check_scale(node, scale, true);
    const ValueId scaled =
        node.append(Binary{.kind = BinaryKind::div}, {floats, scale_along(node, scale, floats, axis)});
    node.emit_integers(0, rounded(node, scaled, zero_point, axis, type));
}

void read_quantize_linear(NodeReader& node)
{
    const ValueId zero_point = node.input(2);
    const int64_t axis = node.integer("axis", 1);
    const int64_t output_type = node.integer("output_dtype", 0);
    const int64_t precision = node.integer("precision", 0);
    node.ignore("saturate"); // for 8-bit floats only
    if (node.integer("block_size", 0) != 0)
        node.unsupported("attribute 'block_size': only 0 is supported for what is quantized when the network runs");
    if (precision != 0 && precision != int64_t(DataType::f32))
        node.unsupported("attribute 'precision': only f32 is supported");
    DType type = DType::u8;
    if (output_type != 0)
    {
        const Result<DType> given = data_type(DataType(output_type));
        if (!given.is_ok())
        {
            node.fail(given.status().with_context("attribute 'output_dtype'"));
            return;
        }
        type = *given;
        check_byte_type(node, type, "attribute 'output_dtype'");
    }
    const DType of_zero_point = type_of_zero_point(node, zero_point, type);
    if (output_type != 0 && of_zero_point != type)
        node.invalid(std::string("attribute 'output_dtype' is ") + name(type) + ", but the zero point is " +
                     name(of_zero_point));
    const ValueId x = node.append(Cast{.to = DType::f32}, {node.input(0)});
    emit_quantized(node, x, node.input(1), zero_point, of_zero_point, axis);
}

void read_dequantize_linear(NodeReader& node)
{
    QuantizedValue value = quantized_input(node, 0);
    value.axis = node.integer("axis", 1);
    value.block_size = node.integer("block_size", 0);
    node.ignore("output_dtype"); // between floats
    if (value.block_size < 0 || value.block_size > std::numeric_limits<int32_t>::max())
    {
        node.invalid("attribute 'block_size' must be at least 0 and less than 2^31, got " +
                     std::to_string(value.block_size));
        return;
    }
    const std::optional<DType> type = known_type(node, value.integers);
    if (type && *type != DType::i32 && !check_byte_type(node, *type, "integers other than i32"))
        return;
    const size_t known = node.translation().dequantized.size();
    const std::optional<ValueId> constant = dequantized_constant(node, value);
    if (constant && node.translation().dequantized.size() > known)
        node.emit_value(0, *constant);
    else if (constant)
        node.emit(Unary{.kind = UnaryKind::identity}, {*constant});
    else
    {
        if (value.block_size != 0)
            node.unsupported("attribute 'block_size': only 0 is supported for what is not constant");
        check_scale(node, value.scale);
        node.emit(Binary{.kind = BinaryKind::mul},
                  {centred(node, value), scale_along(node, value.scale, value.integers, value.axis)});
    }
}

/// y = round(x / scale) + zero point, with a scale and zero point for which 0 and all of x are in 0 to 255.
void read_dynamic_quantize_linear(NodeReader& node)
{
    const ValueId x = node.input(0);
    const auto scalar = [&](float value) { return node.add_constant(Tensor::from({}, {value})); };
    const auto apply = [&](BinaryKind kind, ValueId a, ValueId b) { return node.append(Binary{.kind = kind}, {a, b}); };
    const auto extreme = [&](ReduceKind kind)
    { return node.append(Reduce{.kind = kind, .axes = {}, .keep_dims = false, .is_f32 = true}, {x}); };
    const ValueId zero = scalar(0);
    const ValueId low = apply(BinaryKind::min, extreme(ReduceKind::min), zero);
    const ValueId high = apply(BinaryKind::max, extreme(ReduceKind::max), zero);
    // The smallest normal float, so that zeros alone are not divided by zero.
    const ValueId scale = apply(BinaryKind::max, apply(BinaryKind::div, apply(BinaryKind::sub, high, low), scalar(255)),
                                scalar(std::numeric_limits<float>::min()));
    const ValueId below = apply(BinaryKind::sub, zero, apply(BinaryKind::div, low, scale));
    const FloatTwin zero_point = rounded(node, below, no_value, 0, DType::u8);
    node.emit_output(1, Unary{.kind = UnaryKind::identity}, {scale});
    const ValueId offset = node.emit_integers(2, zero_point);

    const ValueId whole = node.append(Unary{.kind = UnaryKind::round}, {apply(BinaryKind::div, x, scale)});
    FloatTwin y = {.type = DType::u8, .zero_point = offset};
    y.floats = node.append(Unary{.kind = UnaryKind::clip, .a = 0, .b = 255},
                           {apply(BinaryKind::add, whole, zero_point.floats)});
    if (offset != no_value)
        y.centred = apply(BinaryKind::sub, y.floats, zero_point.floats);
    node.emit_integers(0, y);
}

/// Emits `floats` with the scale and zero point of inputs `scale` and `scale` + 1; without a zero point, with the type
/// of input `like`.
void emit_quantized_like(NodeReader& node, ValueId floats, size_t scale, size_t like)
{
    if (!has_required(node, scale, "y_scale"))
        return;
    const DType type = known_type(node, node.input(like)).value_or(DType::u8);
    emit_quantized(node, floats, node.input(scale), node.input(scale + 1),
                   type_of_zero_point(node, node.input(scale + 1), type));
}

ValueId dequantized_input(NodeReader& node, size_t first)
{
    check_bytes(node, first, "quantized values");
    return dequantized(node, quantized_input(node, first));
}

void read_q_linear_binary(NodeReader& node)
{
    if (!has_required(node, 3, "B") || !has_required(node, 4, "B_scale"))
        return;
    const BinaryKind kind = node.op_type() == "QLinearAdd" ? BinaryKind::add : BinaryKind::mul;
    const ValueId result = node.append(Binary{.kind = kind}, {dequantized_input(node, 0), dequantized_input(node, 3)});
    emit_quantized_like(node, result, 6, 0);
}

void read_q_linear_unary(NodeReader& node)
{
    Unary op = {.kind = UnaryKind::sigmoid};
    if (node.op_type() == "QLinearLeakyRelu")
        op = {.kind = UnaryKind::leaky_relu, .a = node.real("alpha", 0.01f)};
    emit_quantized_like(node, node.append(op, {dequantized_input(node, 0)}), 3, 0);
}

void refuse_channels_last(NodeReader& node)
{
    if (node.flag("channels_last", false))
        node.unsupported("attribute 'channels_last': 1 is not supported");
}

void read_q_linear_average_pool(NodeReader& node)
{
    Pool op = {.kind = PoolKind::average, .window = read_window(node)};
    op.ceil_mode = node.flag("ceil_mode", false);
    op.count_include_pad = node.flag("count_include_pad", false);
    refuse_channels_last(node);
    emit_quantized_like(node, node.append(op, {dequantized_input(node, 0)}), 3, 0);
}

void read_q_linear_global_average_pool(NodeReader& node)
{
    refuse_channels_last(node);
    const Reduce op = {.axes = {}, .all_spatial = true};
    emit_quantized_like(node, node.append(op, {dequantized_input(node, 0)}), 3, 0);
}

void read_q_linear_softmax(NodeReader& node)
{
    constexpr int64_t reduces_one_axis_since = 13;
    const int64_t opset = node.integer("opset", reduces_one_axis_since);
    const bool flattens = opset < reduces_one_axis_since;
    const Softmax op = {.axis = node.integer("axis", flattens ? 1 : -1), .flattens = flattens};
    emit_quantized_like(node, node.append(op, {dequantized_input(node, 0)}), 3, 0);
}

void read_q_linear_concat(NodeReader& node)
{
    const Concat op = {.axis = node.required_integer("axis")};
    std::vector<ValueId> parts;
    for (size_t i = 2; i < node.inputs().size(); i += 3)
    {
        if (!has_required(node, i, "X") || !has_required(node, i + 1, "X_scale"))
            return;
        parts.push_back(dequantized_input(node, i));
    }
    emit_quantized_like(node, node.append(op, std::move(parts)), 0, 2);
}

constexpr OperatorReader quantization_readers[] = {
    {"DequantizeLinear", read_dequantize_linear, 2, 3, 1, 10},
    {"DequantizeLinear", read_dequantize_linear, 2, 3, 1, 1, "com.microsoft"},
    {"DynamicQuantizeLinear", read_dynamic_quantize_linear, 1, 1, 3, 11},
    {"QLinearAdd", read_q_linear_binary, 2, 8, 1, 1, "com.microsoft"},
    {"QLinearAveragePool", read_q_linear_average_pool, 2, 5, 1, 1, "com.microsoft"},
    {"QLinearConcat", read_q_linear_concat, 4, unlimited, 1, 1, "com.microsoft"},
    {"QLinearGlobalAveragePool", read_q_linear_global_average_pool, 5, 5, 1, 1, "com.microsoft"},
    {"QLinearLeakyRelu", read_q_linear_unary, 2, 5, 1, 1, "com.microsoft"},
    {"QLinearMul", read_q_linear_binary, 2, 8, 1, 1, "com.microsoft"},
    {"QLinearSigmoid", read_q_linear_unary, 2, 5, 1, 1, "com.microsoft"},
    {"QLinearSoftmax", read_q_linear_softmax, 2, 5, 1, 1, "com.microsoft"},
    {"QuantizeLinear", read_quantize_linear, 2, 3, 1, 10},
    {"QuantizeLinear", read_quantize_linear, 2, 3, 1, 1, "com.microsoft"},
};

} // namespace

std::span<const OperatorReader> quantization_operators()
{
    return quantization_readers;
}

} // namespace vkseg::onnx
