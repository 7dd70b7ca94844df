// Sums of products of integers, computed in floats as long as they stay below 2^24. Longer sums are cut into parts,
// which are added as integers.
#include "formats/onnx/convolution.hpp"
#include "formats/onnx/operators.hpp"
#include "formats/onnx/quantized_values.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vkseg::onnx {
namespace {

constexpr int64_t max_exact_float = (int64_t(1) << 24) - 1; // every integer up to this is a float
constexpr int64_t max_byte = 255;                           // magnitude of a byte minus a zero point

/// Largest magnitude of the integers minus their zero point.
int64_t max_magnitude(const NodeReader& node, const QuantizedValue& value)
{
    const std::optional<DType> type = known_type(node, value.integers);
    const std::optional<int64_t> offset = uniform_zero_point(node, value.zero_point);
    if (!type || !offset)
        return max_byte;
    const ByteRange range = byte_range(*type);
    return std::max(range.high - *offset, *offset - range.low);
}

/// Sums of products of integers: floats if these are exact, otherwise integers.
struct IntegerSums
{
    ValueId floats = no_value;
    ValueId integers = no_value;
};

ValueId sums_as_floats(NodeReader& node, const IntegerSums& sums)
{
    return sums.floats != no_value ? sums.floats : node.append(Cast{.to = DType::f32}, {sums.integers});
}

void emit_sums(NodeReader& node, const IntegerSums& sums)
{
    if (sums.floats != no_value)
        node.emit_integers(0, {.type = DType::i32, .floats = sums.floats, .centred = sums.floats});
    else
        node.emit(Unary{.kind = UnaryKind::identity}, {sums.integers});
}

/// Terms of a sum from `begin` up to `end`.
struct TermRange
{
    int64_t begin = 0;
    int64_t end = 0;
};

/// Cuts `count` terms into ranges, each of whole blocks of four, over which no output sums up more than `limit`.
/// `magnitude` gives that of one term of one output. Empty if a block is too much by itself.
template <class Magnitude>
std::vector<TermRange> cut_terms(int64_t count, std::vector<int64_t> sums, int64_t limit, const Magnitude& magnitude)
{
    constexpr int64_t block = 4;
    std::vector<TermRange> ranges = {{}};
    for (int64_t begin = 0; begin < count; begin += block)
    {
        const int64_t end = std::min(begin + block, count);
        std::vector<int64_t> of_block(sums.size());
        bool exceeds = false;
        for (size_t output = 0; output < sums.size(); ++output)
        {
            for (int64_t term = begin; term < end; ++term)
                of_block[output] += magnitude(int64_t(output), term);
            if (of_block[output] > limit)
                return {};
            exceeds = exceeds || sums[output] + of_block[output] > limit;
        }
        if (exceeds)
        {
            ranges.push_back({.begin = begin});
            std::ranges::fill(sums, 0);
        }
        for (size_t output = 0; output < sums.size(); ++output)
            sums[output] += of_block[output];
        ranges.back().end = end;
    }
    return ranges;
}

ValueId slice(NodeReader& node, ValueId x, int64_t axis, const TermRange& range)
{
    return node.append(Slice{.starts = {range.begin}, .ends = {range.end}, .axes = {axis}, .steps = {}}, {x});
}

/// Weights that are 0 but for the inputs in the range of each group.
ValueId masked_weights(NodeReader& node, const Tensor& weights, const TermRange& range)
{
    const Shape& shape = weights.shape();
    const int64_t taps = shape.elements() / (shape[0] * shape[1]);
    std::vector<float> values(weights.floats().begin(), weights.floats().end());
    for (size_t i = 0; i < values.size(); ++i)
    {
        const int64_t input = int64_t(i) / taps % shape[1];
        if (input < range.begin || input >= range.end)
            values[i] = 0;
    }
    return node.add_constant(Tensor::from(shape, std::move(values)));
}

/// Magnitude of each output's bias; 0 without a constant bias.
std::vector<int64_t> magnitudes_of_bias(const std::optional<Tensor>& bias, int64_t outputs)
{
    std::vector<int64_t> magnitudes(size_t(outputs), 0);
    if (!bias || bias->elements() != outputs)
        return magnitudes;
    const std::vector<int64_t> values = bias->to_integers();
    for (size_t i = 0; i < values.size(); ++i)
        magnitudes[i] = std::abs(values[i]);
    return magnitudes;
}

/// The convolution of centred integers, with an optional bias i32 [M].
IntegerSums convolve(NodeReader& node, Conv op, const QuantizedValue& x, const QuantizedValue& w, ValueId bias)
{
    const std::optional<Shape> known = known_shape(node, w.integers);
    if (!known || known->rank() < 3 || known->elements() == 0)
    {
        node.unsupported("the weights must be a constant, or an input of the graph with a known shape, of at least "
                         "three axes");
        return {.floats = x.integers};
    }
    const Shape shape = *known;
    const ValueId centred_x = centred(node, x);
    const ValueId centred_w = centred(node, w);
    const std::optional<Tensor> weights = constant_of(node, centred_w);
    const int64_t taps = shape.elements() / (shape[0] * shape[1]);
    const int64_t each = max_magnitude(node, x);
    const auto magnitude = [&](int64_t output, int64_t input)
    {
        if (!weights)
            return each * max_byte * taps;
        const auto values = weights->floats().subspan(size_t((output * shape[1] + input) * taps), size_t(taps));
        return each * int64_t(std::accumulate(values.begin(), values.end(), 0.0,
                                              [](double sum, float value) { return sum + std::abs(value); }));
    };
    const std::optional<Tensor> constant_bias = constant_of(node, bias);
    const std::vector<int64_t> none(size_t(shape[0]), 0);
    const std::vector<TermRange> ranges = cut_terms(shape[1], none, max_exact_float, magnitude);
    if (ranges.empty() || (op.groups != 1 && ranges.size() > 1 && !weights))
    {
        node.unsupported("the window of " + std::to_string(taps) + " weights is too large for exact sums in f32");
        return {.floats = x.integers};
    }
    op.is_exact = true;
    const bool is_bias_known = bias == no_value || constant_bias.has_value();
    if (is_bias_known &&
        cut_terms(shape[1], magnitudes_of_bias(constant_bias, shape[0]), max_exact_float, magnitude).size() == 1)
    {
        std::vector<ValueId> inputs = {centred_x, centred_w};
        if (bias != no_value)
            inputs.push_back(as_floats(node, bias));
        return {.floats = node.append(op, std::move(inputs))};
    }
    IntegerSums total;
    for (const TermRange& range : ranges)
    {
        const bool is_sliced = ranges.size() > 1 && op.groups == 1;
        const bool is_masked = ranges.size() > 1 && op.groups != 1;
        const ValueId part_x = is_sliced ? slice(node, centred_x, 1, range) : centred_x;
        const ValueId part_w = is_masked              ? masked_weights(node, *weights, range)
                               : is_sliced && weights ? node.add_constant(weights->entries(1, range.begin, range.end))
                               : is_sliced            ? slice(node, centred_w, 1, range)
                                                      : centred_w;
        const ValueId part = node.append(Cast{.to = DType::i32}, {node.append(op, {part_x, part_w})});
        total.integers = total.integers == no_value ? part : node.append(Binary{}, {total.integers, part});
    }
    if (bias != no_value)
        total.integers = node.append(Binary{}, {total.integers, scale_along(node, bias, total.integers, 1)});
    return total;
}

void read_conv_integer(NodeReader& node)
{
    const Conv op = conv_of(node);
    if (!check_bytes(node, 0, "x") || !check_bytes(node, 1, "w"))
        return;
    if (!check_single(node, 2, "x_zero_point"))
        return;
    const QuantizedValue x = {.integers = node.input(0), .zero_point = node.input(2)};
    const QuantizedValue w = {.integers = node.input(1), .zero_point = node.input(3), .axis = 0};
    emit_sums(node, convolve(node, op, x, w, no_value));
}

/// Emits round(sums · scales of the operands / scale of the result) + zero point.
void emit_requantized(NodeReader& node, const IntegerSums& sums, ValueId scales, ValueId scale, ValueId zero_point)
{
    check_scale(node, scale, true);
    const ValueId floats = sums_as_floats(node, sums);
    const ValueId factor = node.append(Binary{.kind = BinaryKind::div}, {scales, scale_along(node, scale, floats, 1)});
    const ValueId scaled = node.append(Binary{.kind = BinaryKind::mul}, {floats, factor});
    node.emit_integers(0, rounded(node, scaled, zero_point, 1, type_of_zero_point(node, zero_point, DType::u8)));
}

void read_q_linear_conv(NodeReader& node)
{
    const Conv op = conv_of(node);
    if (!check_bytes(node, 0, "x") || !check_bytes(node, 3, "w") || !check_single(node, 1, "x_scale") ||
        !check_single(node, 2, "x_zero_point") || !check_single(node, 6, "y_scale") ||
        !check_single(node, 7, "y_zero_point") || !check_scale(node, node.input(1)) ||
        !check_scale(node, node.input(4)))
        return;
    const std::optional<Tensor> bias = constant_of(node, node.input(8));
    if (bias && bias->type() != DType::i32)
    {
        node.invalid(std::string("the bias must be i32, got ") + name(bias->type()));
        return;
    }
    const QuantizedValue x = quantized_input(node, 0);
    QuantizedValue w = quantized_input(node, 3);
    w.axis = 0;
    const IntegerSums sums = convolve(node, op, x, w, node.input(8));
    const ValueId floats = sums_as_floats(node, sums);
    const ValueId scales = node.append(Binary{.kind = BinaryKind::mul},
                                       {scale_along(node, x.scale, floats, 1), scale_along(node, w.scale, floats, 1)});
    emit_requantized(node, {.floats = floats}, scales, node.input(6), node.input(7));
}

/// A scale or zero point of the rows of the left matrix, as a column.
ValueId as_column(NodeReader& node, ValueId parameter)
{
    if (parameter == no_value)
        return parameter;
    const std::optional<Shape> shape = known_shape(node, parameter);
    if (!shape)
    {
        node.unsupported("scale and zero point of the left matrix must be constants, or inputs of the graph with a "
                         "known shape");
        return parameter;
    }
    if (shape->rank() != 1 || (*shape)[0] == 1)
        return parameter;
    if (const std::optional<Tensor> constant = constant_of(node, parameter))
        return node.add_constant(constant->reshaped(Shape{(*shape)[0], 1}));
    return node.append(Reshape{}, {parameter, node.add_constant(Tensor::from_integers({2}, {-1, 1}))});
}

/// The integers of a matrix minus the zero point, which broadcasts against them.
ValueId centred_matrix(NodeReader& node, const QuantizedValue& matrix, bool is_left)
{
    const FloatTwin* const twin = node.float_twin(matrix.integers);
    const bool is_uniform = uniform_zero_point(node, matrix.zero_point).has_value();
    if (is_uniform || (twin != nullptr && twin->zero_point == matrix.zero_point))
        return centred(node, matrix);
    ValueId zero_point = is_left ? as_column(node, matrix.zero_point) : matrix.zero_point;
    const std::optional<Tensor> integers = constant_of(node, matrix.integers);
    const std::optional<Tensor> offsets = constant_of(node, zero_point);
    if (integers && offsets && offsets->shape().rank() == 1)
        return centred(node, {.integers = matrix.integers, .zero_point = zero_point, .axis = -1});
    return node.append(Binary{.kind = BinaryKind::sub},
                       {as_floats(node, matrix.integers), as_floats(node, zero_point)});
}

IntegerSums multiply(NodeReader& node, const QuantizedValue& a, const QuantizedValue& b)
{
    const ValueId left = centred_matrix(node, a, true);
    const ValueId right = centred_matrix(node, b, false);
    const int64_t each = max_magnitude(node, a);
    const std::optional<Tensor> matrix = constant_of(node, right);
    if (!matrix)
    {
        const MatMul op = {.max_exact_depth = max_exact_float / (each * max_magnitude(node, b))};
        return {.integers = node.append(Cast{.to = DType::i32}, {node.append(op, {left, right})})};
    }
    const Shape shape = matrix->shape();
    if (shape.rank() == 0 || shape.elements() == 0)
        return {.floats = node.append(MatMul{}, {left, right})};
    const size_t axis = shape.rank() == 1 ? 0 : shape.rank() - 2;
    const int64_t columns = shape.rank() == 1 ? 1 : shape.back();
    const int64_t outputs = shape.elements() / shape[axis];
    const std::vector<float> values = matrix->to_floats();
    const auto magnitude = [&](int64_t output, int64_t term)
    {
        const int64_t row = output / columns * shape[axis] + term;
        return each * std::abs(int64_t(values[size_t(row * columns + output % columns)]));
    };
    const std::vector<TermRange> ranges =
        cut_terms(shape[axis], std::vector<int64_t>(size_t(outputs)), max_exact_float, magnitude);
    if (ranges.size() == 1)
        return {.floats = node.append(MatMul{.max_exact_depth = shape[axis]}, {left, right})};
    IntegerSums total;
    for (const TermRange& range : ranges)
    {
        const ValueId product = node.append(
            MatMul{.max_exact_depth = range.end - range.begin},
            {slice(node, left, -1, range), node.add_constant(matrix->entries(axis, range.begin, range.end))});
        const ValueId part = node.append(Cast{.to = DType::i32}, {product});
        total.integers = total.integers == no_value ? part : node.append(Binary{}, {total.integers, part});
    }
    return total;
}

void read_mat_mul_integer(NodeReader& node)
{
    if (!check_bytes(node, 0, "a") || !check_bytes(node, 1, "b"))
        return;
    emit_sums(node, multiply(node, {.integers = node.input(0), .zero_point = node.input(2)},
                             {.integers = node.input(1), .zero_point = node.input(3)}));
}

void read_q_linear_mat_mul(NodeReader& node)
{
    if (!check_bytes(node, 0, "a") || !check_bytes(node, 3, "b"))
        return;
    const QuantizedValue a = quantized_input(node, 0);
    const QuantizedValue b = quantized_input(node, 3);
    if (!check_scale(node, a.scale) || !check_scale(node, b.scale))
        return;
    const IntegerSums sums = multiply(node, a, b);
    const ValueId scales = node.append(Binary{.kind = BinaryKind::mul}, {as_column(node, a.scale), b.scale});
    emit_requantized(node, sums, scales, node.input(6), node.input(7));
}

constexpr OperatorReader integer_product_readers[] = {
    {"ConvInteger", read_conv_integer, 2, 4, 1, 10},
    {"MatMulInteger", read_mat_mul_integer, 2, 4, 1, 10},
    {"QLinearConv", read_q_linear_conv, 8, 9, 1, 10},
    {"QLinearMatMul", read_q_linear_mat_mul, 8, 8, 1, 10},
};

} // namespace

std::span<const OperatorReader> integer_product_operators()
{
    return integer_product_readers;
}

} // namespace vkseg::onnx
