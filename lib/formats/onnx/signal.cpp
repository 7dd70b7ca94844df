// Windows and Fourier transforms: matrix products with constants.
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

constexpr float two_pi = 6.283185307179586f;

ValueId in_floats(NodeReader& node, ValueId x)
{
    return node.append(Cast{.to = DType::f32}, {x});
}

/// The coefficients of a + b cos(2 pi i / N) + c cos(4 pi i / N).
struct WindowCoefficients
{
    std::string_view op_type;
    float a = 0;
    float b = 0;
    float c = 0;
};

constexpr WindowCoefficients windows[] = {
    {"BlackmanWindow", 0.42f, -0.5f, 0.08f},
    {"HammingWindow", 25.0f / 46, -21.0f / 46},
    {"HannWindow", 0.5f, -0.5f},
};

void read_window_function(NodeReader& node)
{
    const bool is_periodic = node.flag("periodic", true);
    const Result<DType> type = data_type(DataType(node.integer("output_datatype", int64_t(DataType::f32))));
    if (!type.is_ok())
    {
        node.fail(type.status().with_context("attribute 'output_datatype'"));
        return;
    }
    const ValueId size = node.append(Cast{.to = DType::i64}, {reshaped(node, node.input(0), Integers{1})});
    const ValueId period = is_periodic ? size : binary(node, BinaryKind::sub, size, integer(node, 1));
    const ValueId turns = binary(node, BinaryKind::div, in_floats(node, range(node, size)), in_floats(node, period));
    const auto wave = [&](float amplitude, float frequency)
    {
        const ValueId angle = binary(node, BinaryKind::mul, turns, real(node, two_pi * frequency));
        return binary(node, BinaryKind::mul, unary(node, UnaryKind::cos, angle), real(node, amplitude));
    };
    for (const WindowCoefficients& window : windows)
    {
        if (window.op_type != node.op_type())
            continue;
        ValueId sum = binary(node, BinaryKind::add, wave(window.b, 1), real(node, window.a));
        if (window.c != 0)
            sum = binary(node, BinaryKind::add, sum, wave(window.c, 2));
        node.emit(Cast{.to = *type}, {sum});
    }
}

/// A discrete Fourier transform along an axis of x, whose last axis has the real and, if any, the imaginary part.
struct FourierTransform
{
    ValueId x = no_value;
    int64_t axis = -2;
    ValueId length = no_value; ///< the extent of the axis, a list of one
    bool is_inverse = false;
    bool is_onesided = false;
};

/// Factors [time, frequency, part of x, part of y].
ValueId fourier_factors(NodeReader& node, const FourierTransform& op)
{
    ValueId frequencies = op.length;
    if (op.is_onesided)
        frequencies =
            binary(node, BinaryKind::add, binary(node, BinaryKind::div, op.length, integer(node, 2)), integer(node, 1));
    const ValueId times = unsqueezed(node, range(node, op.length), {1});
    const ValueId product = binary(node, BinaryKind::mul, times, range(node, frequencies));
    const ValueId phase = in_floats(node, binary(node, BinaryKind::mod, product, op.length)); // exact
    const ValueId turns = binary(node, BinaryKind::div, phase, in_floats(node, op.length));
    const ValueId angle = binary(node, BinaryKind::mul, turns, real(node, op.is_inverse ? -two_pi : two_pi));
    const auto scaled = [&](ValueId x)
    { return op.is_inverse ? binary(node, BinaryKind::div, x, in_floats(node, op.length)) : x; };
    const ValueId cosine = scaled(unary(node, UnaryKind::cos, angle));
    const ValueId sine = scaled(unary(node, UnaryKind::sin, angle));
    const auto pair = [&](ValueId first, ValueId second) {
        return concat(node, {unsqueezed(node, first, {2}), unsqueezed(node, second, {2})}, 2);
    };
    const ValueId of_real = pair(cosine, unary(node, UnaryKind::neg, sine));
    const ValueId factors = pair(of_real, pair(sine, cosine)); // [time, frequency, 2, 2]
    return node.append(Slice{}, {factors, integers(node, {0}), extent(node, op.x, -1), integers(node, {2})});
}

/// The equation of the product of x with the factors, for any rank of x.
std::string fourier_equation(int64_t axis)
{
    const std::string letters = "abefghij"; // axes before, or after, the one that is transformed
    if (axis >= 0)
    {
        const std::string before = letters.substr(0, size_t(axis));
        return before + "n...c,nkcd->" + before + "k...d";
    }
    const std::string after = letters.substr(0, size_t(-axis - 2));
    return "...n" + after + "c,nkcd->...k" + after + "d";
}

void emit_fourier_transform(NodeReader& node, const FourierTransform& op)
{
    if (op.axis > int64_t(Shape::max_rank) || op.axis < -int64_t(Shape::max_rank) || op.axis == -1)
    {
        node.invalid("axis " + std::to_string(op.axis) + " is not one to transform");
        return;
    }
    node.emit(Einsum{.equation = fourier_equation(op.axis)}, {op.x, fourier_factors(node, op)});
}

void read_fourier_transform(NodeReader& node)
{
    constexpr int64_t axis_is_input_since = 20;
    FourierTransform op = {
        .x = node.input(0), .is_inverse = node.flag("inverse", false), .is_onesided = node.flag("onesided", false)};
    if (op.is_inverse && op.is_onesided)
        node.unsupported("attributes 'inverse' and 'onesided' together are not supported");
    if (node.opset() < axis_is_input_since)
    {
        op.axis = node.integer("axis", 1);
    }
    else if (node.has_input(2))
    {
        const Tensor* axis = node.constant(2);
        if (axis == nullptr || axis->elements() != 1)
        {
            node.unsupported("input 'axis' must be a constant of the file");
            return;
        }
        op.axis = axis->to_integers()[0];
    }
    op.length = extent(node, op.x, op.axis);
    if (node.has_input(1))
    {
        const ValueId length = reshaped(node, node.append(Cast{.to = DType::i64}, {node.input(1)}), Integers{1});
        const ValueId added = binary(node, BinaryKind::sub, length, op.length);
        op.x = node.append(Pad{.axes = {op.axis}}, {op.x, concat(node, {integers(node, {0}), added})});
        op.length = length;
    }
    emit_fourier_transform(node, op);
}

/// Transforms frames [batch, frame, time, parts] of the signal [batch, time, parts].
void read_short_time_fourier_transform(NodeReader& node)
{
    const ValueId signal = node.input(0);
    const auto list = [&](ValueId x) { return reshaped(node, node.append(Cast{.to = DType::i64}, {x}), Integers{1}); };
    if (!node.has_input(2) && !node.has_input(3))
    {
        node.invalid("input 'window' or 'frame_length' is needed, got neither");
        return;
    }
    const ValueId step = list(node.input(1));
    const ValueId length = node.has_input(3) ? list(node.input(3)) : extent(node, node.input(2), 0);
    const ValueId steps = binary(node, BinaryKind::sub, extent(node, signal, 1), length);
    const ValueId frames = binary(node, BinaryKind::add, binary(node, BinaryKind::div, steps, step), integer(node, 1));
    const ValueId starts = binary(node, BinaryKind::mul, unsqueezed(node, range(node, frames), {1}), step);
    const ValueId places = binary(node, BinaryKind::add, starts, range(node, length));
    ValueId framed = node.append(Gather{.axis = 1}, {signal, places});
    if (node.has_input(2))
        framed = binary(node, BinaryKind::mul, framed, unsqueezed(node, node.input(2), {1}));
    emit_fourier_transform(node,
                           {.x = framed, .axis = 2, .length = length, .is_onesided = node.flag("onesided", true)});
}

constexpr OperatorReader signal_readers[] = {
    {"BlackmanWindow", read_window_function},          {"DFT", read_fourier_transform, 1, 3},
    {"HammingWindow", read_window_function},           {"HannWindow", read_window_function},
    {"STFT", read_short_time_fourier_transform, 2, 4},
};

} // namespace

std::span<const OperatorReader> signal_operators()
{
    return signal_readers;
}

} // namespace vkseg::onnx
