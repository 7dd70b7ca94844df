// Networks of TensorFlow Lite, held to plain loops over tensors with channels last, and to the same network in ONNX.
#include "reference/evaluate.hpp"
#include "support/tflite_writer.hpp"
#include "vkseg/model.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <random>

namespace vkseg::test::tflite_test {
namespace {

using tfl::ActivationFunctionType;
using tfl::BuiltinOperator;
using tfl::BuiltinOptions;
using tfl::Padding;
using tfl::TensorType;

std::vector<float> random_values(size_t count, unsigned seed = 1)
{
    std::mt19937 random(seed);
    std::vector<float> values(count);
    for (float& value : values)
        value = float(int(random() % 2001) - 1000) / 500;
    return values;
}

Tensor random_tensor(const Shape& shape, unsigned seed = 7)
{
    return Tensor::from(shape, random_values(size_t(shape.elements()), seed));
}

Graph read(const std::string& bytes)
{
    const auto owner = std::make_shared<const std::string>(bytes);
    Result<Graph> graph = load_model(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return std::move(*graph);
}

/// The only output of a file for one input, by the operators' references.
Tensor evaluate(const std::string& bytes, const Tensor& x)
{
    const Tensor* const inputs[] = {&x};
    Result<reference::Tensors> outputs = reference::evaluate(read(bytes), inputs);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    return outputs->front();
}

void check_near(const Tensor& found, const Tensor& expected)
{
    REQUIRE(found.shape() == expected.shape());
    const std::vector<float> a = found.to_floats();
    const std::vector<float> b = expected.to_floats();
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i)
        worst = std::max(worst, double(std::abs(a[i] - b[i])));
    CHECK(worst < 1e-4);
}

/// A tensor N, H, W, C of zeros while it is filled.
struct Picture
{
    Shape shape;
    std::vector<float> values = std::vector<float>(size_t(shape.elements()));

    bool has(int64_t y, int64_t x) const { return y >= 0 && x >= 0 && y < shape[1] && x < shape[2]; }
    float& at(int64_t y, int64_t x, int64_t c) { return values[size_t((y * shape[2] + x) * shape[3] + c)]; }
    Tensor tensor() const { return Tensor::from(shape, values); }
};

Picture picture_of(const Tensor& tensor)
{
    return {tensor.shape(), tensor.to_floats()};
}

/// Padding before an axis, and outputs along it, by TensorFlow's rules.
std::pair<int64_t, int64_t> padded(int64_t input, int64_t kernel, int64_t stride, int64_t dilation, Padding padding)
{
    const int64_t reach = (kernel - 1) * dilation + 1;
    if (padding == Padding::VALID)
        return {0, (input - reach + stride) / stride};
    const int64_t output = (input + stride - 1) / stride;
    return {std::max<int64_t>((output - 1) * stride + reach - input, 0) / 2, output};
}

struct ConvCase
{
    Shape x;
    int kernel_y = 3;
    int kernel_x = 3;
    int outputs = 4;
    int stride = 1;
    int dilation = 1;
    int groups = 1;
    Padding padding = Padding::SAME;
    bool is_depthwise = false;
};

/// relu6 of a convolution with weights O, H, W, I (1, H, W, O if depthwise).
Tensor convolved(const Tensor& x, const ConvCase& test, std::vector<float> weights, const std::vector<float>& bias)
{
    Picture source = picture_of(x);
    const auto [top, height] = padded(test.x[1], test.kernel_y, test.stride, test.dilation, test.padding);
    const auto [left, width] = padded(test.x[2], test.kernel_x, test.stride, test.dilation, test.padding);
    Picture result = {{1, height, width, test.outputs}};
    const int64_t inputs = test.x[3] / test.groups;
    const int64_t outputs = test.outputs / test.groups;
    for (int64_t y = 0; y < height; ++y)
    {
        for (int64_t column = 0; column < width; ++column)
        {
            for (int64_t c = 0; c < test.outputs; ++c)
            {
                double sum = bias[size_t(c)];
                for (int64_t ky = 0; ky < test.kernel_y; ++ky)
                {
                    for (int64_t kx = 0; kx < test.kernel_x; ++kx)
                    {
                        const int64_t from_y = y * test.stride - top + ky * test.dilation;
                        const int64_t from_x = column * test.stride - left + kx * test.dilation;
                        for (int64_t i = 0; i < inputs && source.has(from_y, from_x); ++i)
                        {
                            const int64_t tap = ky * test.kernel_x + kx;
                            const int64_t weight = test.is_depthwise
                                                       ? tap * test.outputs + c
                                                       : (c * test.kernel_y * test.kernel_x + tap) * inputs + i;
                            sum += double(source.at(from_y, from_x, c / outputs * inputs + i)) *
                                   double(weights[size_t(weight)]);
                        }
                    }
                }
                result.at(y, column, c) = float(std::clamp(sum, 0.0, 6.0));
            }
        }
    }
    return result.tensor();
}

std::vector<int32_t> narrow(const Shape& shape)
{
    return {shape.begin(), shape.end()};
}

} // namespace

TEST_CASE("tflite: convolutions pad and order their weights as TensorFlow does")
{
    const ConvCase cases[] = {
        {.x = {1, 7, 6, 3}, .kernel_x = 5, .stride = 2},
        {.x = {1, 8, 9, 4}, .kernel_y = 2, .outputs = 6, .groups = 2},
        {.x = {1, 9, 9, 5}, .dilation = 2, .padding = Padding::VALID},
        {.x = {1, 6, 7, 3}, .outputs = 6, .stride = 2, .groups = 3, .is_depthwise = true},
        {.x = {1, 5, 8, 5}, .kernel_y = 5, .outputs = 5, .groups = 5, .padding = Padding::VALID, .is_depthwise = true},
    };
    for (const ConvCase& test : cases)
    {
        CAPTURE(to_string(test.x));
        const int inputs = test.is_depthwise ? 1 : int(test.x[3]) / test.groups;
        const std::vector<float> weights =
            random_values(size_t(test.outputs * test.kernel_y * test.kernel_x * inputs), 2);
        const std::vector<float> bias = random_values(size_t(test.outputs), 3);
        const Tensor x = random_tensor(test.x);
        const Tensor expected = convolved(x, test, weights, bias);

        TfliteWriter file;
        const int in = file.tensor("in", narrow(test.x));
        const std::vector<int32_t> shape =
            test.is_depthwise ? std::vector<int32_t>{1, test.kernel_y, test.kernel_x, test.outputs}
                              : std::vector<int32_t>{test.outputs, test.kernel_y, test.kernel_x, inputs};
        const int w = file.floats(shape, weights);
        const int b = file.floats({test.outputs}, bias);
        const int out = file.tensor("out", narrow(expected.shape()));
        const auto relu6 = ActivationFunctionType::RELU6;
        if (test.is_depthwise)
            file.node(BuiltinOperator::DEPTHWISE_CONV_2D, {in, w, b}, {out}, BuiltinOptions::DepthwiseConv2DOptions,
                      tfl::CreateDepthwiseConv2DOptions(file.builder(), test.padding, test.stride, test.stride,
                                                        test.outputs / test.groups, relu6, test.dilation, test.dilation)
                          .Union());
        else
            file.node(BuiltinOperator::CONV_2D, {in, w, b}, {out}, BuiltinOptions::Conv2DOptions,
                      tfl::CreateConv2DOptions(file.builder(), test.padding, test.stride, test.stride, relu6,
                                               test.dilation, test.dilation)
                          .Union());
        check_near(evaluate(file.bytes({in}, {out}), x), expected);
    }
}

TEST_CASE("tflite: transposed convolutions, MediaPipe's too, have the outputs that the file states")
{
    struct Case
    {
        int kernel;
        int stride;
        int output;
        Padding padding;
    };
    constexpr int extent = 5;
    constexpr int inputs = 3;
    constexpr int outputs = 2;
    for (const Case& test : {Case{3, 2, 10, Padding::SAME}, Case{3, 2, 9, Padding::SAME}, Case{2, 2, 10, Padding::SAME},
                             Case{4, 2, 12, Padding::VALID}, Case{2, 3, 15, Padding::VALID}})
    {
        const std::vector<float> weights = random_values(size_t(outputs * test.kernel * test.kernel * inputs), 2);
        const std::vector<float> bias = {0.5f, -1};
        const Tensor x = random_tensor({1, extent, extent, inputs});
        Picture source = picture_of(x);
        Picture expected = {{1, test.output, test.output, outputs}};
        for (size_t i = 0; i < expected.values.size(); ++i)
            expected.values[i] = bias[i % outputs];
        const int pad = std::max(0, (extent - 1) * test.stride + test.kernel - test.output) / 2;
        for (int y = 0; y < extent * test.kernel; ++y)
        {
            for (int column = 0; column < extent * test.kernel; ++column)
            {
                const int ky = y % test.kernel;
                const int kx = column % test.kernel;
                const int to_y = y / test.kernel * test.stride - pad + ky;
                const int to_x = column / test.kernel * test.stride - pad + kx;
                for (int c = 0; c < outputs * inputs && expected.has(to_y, to_x); ++c)
                    expected.at(to_y, to_x, c / inputs) +=
                        source.at(y / test.kernel, column / test.kernel, c % inputs) *
                        weights[size_t(((c / inputs * test.kernel + ky) * test.kernel + kx) * inputs + c % inputs)];
            }
        }
        for (const bool is_custom : {false, true})
        {
            TfliteWriter file;
            const int in = file.tensor("in", {1, extent, extent, inputs});
            const int w = file.floats({outputs, test.kernel, test.kernel, inputs}, weights);
            const int b = file.floats({outputs}, bias);
            const std::vector<int32_t> shape = {1, test.output, test.output, outputs};
            const int out = file.tensor("out", shape);
            if (is_custom)
                file.custom("Convolution2DTransposeBias", {in, w, b}, {out},
                            {test.padding == Padding::SAME ? 1 : 2, test.stride, test.stride});
            else
                file.node(
                    BuiltinOperator::TRANSPOSE_CONV, {file.integers({4}, shape), w, in, b}, {out},
                    BuiltinOptions::TransposeConvOptions,
                    tfl::CreateTransposeConvOptions(file.builder(), test.padding, test.stride, test.stride).Union());
            check_near(evaluate(file.bytes({in}, {out}), x), expected.tensor());
        }
    }
}

TEST_CASE("tflite: operators between convolutions work on channels first, and results keep their channels last")
{
    // A network of nodes that change places of values, each undone by a plain loop below.
    TfliteWriter file;
    const int in = file.tensor("in", {1, 4, 6, 3});
    const int padded = file.tensor("padded", {1, 5, 8, 3});
    file.node(BuiltinOperator::PAD, {in, file.integers({4, 2}, {0, 0, 1, 0, 0, 2, 0, 0})}, {padded});
    const int pooled = file.tensor("pooled", {1, 5, 8, 3});
    file.node(BuiltinOperator::MAX_POOL_2D, {padded}, {pooled}, BuiltinOptions::Pool2DOptions,
              tfl::CreatePool2DOptions(file.builder(), Padding::SAME, 1, 1, 1, 1).Union());
    const int scaled = file.tensor("scaled", {1, 5, 8, 3});
    file.node(BuiltinOperator::MUL, {pooled, file.floats({3}, {1, 2, 3})}, {scaled}, BuiltinOptions::MulOptions,
              tfl::CreateMulOptions(file.builder(), ActivationFunctionType::RELU).Union());
    const int joined = file.tensor("joined", {1, 5, 8, 6});
    file.node(BuiltinOperator::CONCATENATION, {scaled, pooled}, {joined}, BuiltinOptions::ConcatenationOptions,
              tfl::CreateConcatenationOptions(file.builder(), -1).Union());
    const int part = file.tensor("part", {1, 4, 3, 4});
    file.node(
        BuiltinOperator::STRIDED_SLICE,
        {joined, file.integers({4}, {0, 1, 1, 2}), file.integers({4}, {0, 5, 7, 6}), file.integers({4}, {1, 1, 2, 1})},
        {part}, BuiltinOptions::StridedSliceOptions, tfl::CreateStridedSliceOptions(file.builder(), 1, 1).Union());
    const int deep = file.tensor("deep", {1, 8, 6, 1});
    file.node(BuiltinOperator::DEPTH_TO_SPACE, {part}, {deep}, BuiltinOptions::DepthToSpaceOptions,
              tfl::CreateDepthToSpaceOptions(file.builder(), 2).Union());
    const int mean = file.tensor("mean", {1, 6});
    file.node(BuiltinOperator::MEAN, {part, file.integers({2}, {1, 2})}, {mean}, BuiltinOptions::ReducerOptions,
              tfl::CreateReducerOptions(file.builder(), false).Union());
    const int moved = file.tensor("moved", {1, 1, 8, 6});
    file.node(BuiltinOperator::TRANSPOSE, {deep, file.integers({4}, {0, 3, 1, 2})}, {moved});
    const int best = file.tensor("best", {1, 4, 3}, TensorType::INT32);
    file.node(BuiltinOperator::ARG_MAX, {part, file.integers({}, {3})}, {best});
    const Graph graph = read(file.bytes({in}, {deep, mean, moved, best}));

    const Tensor x = random_tensor({1, 4, 6, 3});
    const Tensor* const inputs[] = {&x};
    const Result<reference::Tensors> outputs = reference::evaluate(graph, inputs);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    Picture source = picture_of(x);
    Picture expected = {{1, 4, 3, 4}};
    Picture expected_deep = {{1, 8, 6, 1}};
    std::vector<float> expected_mean(4);
    std::vector<int64_t> expected_best;
    for (int64_t y = 0; y < 4; ++y)
    {
        for (int64_t column = 0; column < 3; ++column)
        {
            int64_t largest = 0;
            for (int64_t c = 0; c < 4; ++c)
            {
                const int64_t channel = c + 2;
                const auto value = [&](int64_t of)
                { return source.has(y, 2 * column + 1) ? source.at(y, 2 * column + 1, of) : 0; };
                const float result =
                    channel < 3 ? std::max(0.0f, value(channel) * float(channel + 1)) : value(channel - 3);
                expected.at(y, column, c) = result;
                expected_deep.at(2 * y + c / 2, 2 * column + c % 2, 0) = result;
                expected_mean[size_t(c)] += result / 12;
                if (result > expected.at(y, column, largest))
                    largest = c;
            }
            expected_best.push_back(largest);
        }
    }
    check_near((*outputs)[0], expected_deep.tensor());
    check_near((*outputs)[1], Tensor::from({1, 4}, expected_mean));
    check_near((*outputs)[2], expected_deep.tensor().reshaped({1, 1, 8, 6}));
    CHECK(graph.values[graph.outputs[3]].type == DType::i32);
    CHECK((*outputs)[3].to_integers() == expected_best);
    const auto transposes =
        std::ranges::count_if(graph.nodes, [](const Node& node) { return std::holds_alternative<Transpose>(node.op); });
    CHECK(transposes == 2); // the input, and output `deep`; `moved` is `deep` with its channels first
}

TEST_CASE("tflite: MediaPipe's unpooling puts values where its pool found them")
{
    TfliteWriter file;
    const int in = file.tensor("in", {1, 4, 6, 3});
    const int pooled = file.tensor("pooled", {1, 2, 3, 3});
    const int indices = file.tensor("indices", {1, 2, 3, 3});
    const int out = file.tensor("out", {1, 4, 6, 3});
    const std::vector<int32_t> options = {1, 2, 2, 2, 2, 0, 0, 0, 0, 0};
    file.custom("MaxPoolingWithArgmax2D", {in}, {pooled, indices}, options);
    file.custom("MaxUnpooling2D", {pooled, indices}, {out}, options);
    const Tensor x = random_tensor({1, 4, 6, 3});
    Picture source = picture_of(x);
    Picture expected = {x.shape()};
    for (int64_t cell = 0; cell < 2 * 3 * 3; ++cell)
    {
        const int64_t y = cell / 9 * 2;
        const int64_t column = cell / 3 % 3 * 2;
        const int64_t c = cell % 3;
        int64_t best = 0;
        for (int64_t i = 1; i < 4; ++i)
        {
            if (source.at(y + i / 2, column + i % 2, c) > source.at(y + best / 2, column + best % 2, c))
                best = i;
        }
        expected.at(y + best / 2, column + best % 2, c) = source.at(y + best / 2, column + best % 2, c);
    }
    check_near(evaluate(file.bytes({in}, {out}), x), expected.tensor());
}

TEST_CASE("tflite: constants in f16, and quantised tensors, stand for real numbers")
{
    TfliteWriter file;
    file.quantize({0.5f}, {-10});
    const int in = file.tensor("in", {1, 1, 2, 2}, TensorType::INT8);
    file.quantize({0.25f, 0.5f}, {0, 0});
    const int w = file.constant<int8_t>({2, 1, 1, 2}, {1, 2, 3, -4}, TensorType::INT8);
    file.quantize({0.125f, 0.25f}, {0, 0});
    const int b = file.integers({2}, {8, -4});
    file.quantize({2}, {3});
    const int sum = file.tensor("sum", {1, 1, 2, 2}, TensorType::INT8);
    file.node(BuiltinOperator::CONV_2D, {in, w, b}, {sum}, BuiltinOptions::Conv2DOptions,
              tfl::CreateConv2DOptions(file.builder(), Padding::SAME, 1, 1).Union());
    file.quantize();
    const int half = file.constant<uint16_t>({2}, {0x3c00, 0xc100}, TensorType::FLOAT16); // 1, -2.5
    const int real = file.tensor("real", {2});
    file.node(BuiltinOperator::DEQUANTIZE, {half}, {real});
    const int wide = file.tensor("wide", {1, 1, 2, 2});
    file.node(BuiltinOperator::DEQUANTIZE, {sum}, {wide});
    const int out = file.tensor("out", {1, 1, 2, 2});
    file.node(BuiltinOperator::MUL, {wide, real}, {out});
    const Graph graph = read(file.bytes({in}, {out, sum}));
    REQUIRE(graph.values[graph.inputs[0]].type == DType::i8);

    const std::vector<int8_t> stored = {10, -8, 127, -128};
    const auto* const bytes = reinterpret_cast<const std::byte*>(stored.data());
    const Tensor x = Tensor::from_bytes(DType::i8, {1, 1, 2, 2}, {bytes, bytes + 4});
    const Tensor* const inputs[] = {&x};
    const Result<reference::Tensors> outputs = reference::evaluate(graph, inputs);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    // x: 10, 1 and 68.5, -59; weights: 0.25, 0.5 and 1.5, -2; bias: 1, -1.
    // Sums: 4, 12 and -11.375, 219.75; in steps of 2: 2, 6 and -6, 110.
    CHECK((*outputs)[0].to_floats() == std::vector<float>{4, -30, -12, -550});
    CHECK(graph.values[graph.outputs[1]].type == DType::i8);
    CHECK((*outputs)[1].to_integers() == std::vector<int64_t>{5, 9, -3, 113});
}

TEST_CASE("tflite: MediaPipe's selfie segmentation gives what its conversion to ONNX gives")
{
    const Graph tflite = [&]
    {
        Result<Graph> graph = load_model(VKSEG_SAMPLES "/models/selfie.tflite");
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        return std::move(*graph);
    }();
    Result<Graph> onnx = load_model(VKSEG_SAMPLES "/models/selfie.onnx");
    REQUIRE(onnx.is_ok());
    const Tensor x = random_tensor({1, 256, 256, 3});
    Picture source = picture_of(x);
    std::vector<float> channels_first;
    for (int64_t i = 0; i < 3 * 256 * 256; ++i)
        channels_first.push_back(source.at(i / 256 % 256, i % 256, i / 65536));
    const Tensor first = Tensor::from({1, 3, 256, 256}, channels_first);
    const Tensor* const inputs[] = {&x};
    const Tensor* const inputs_first[] = {&first};
    const Result<reference::Tensors> found = reference::evaluate(tflite, inputs);
    const Result<reference::Tensors> expected = reference::evaluate(*onnx, inputs_first);
    REQUIRE(found.is_ok());
    REQUIRE(expected.is_ok());
    REQUIRE(found->front().shape() == Shape{1, 256, 256, 1});
    check_near(found->front(), expected->front().reshaped({1, 256, 256, 1}));
}

} // namespace vkseg::test::tflite_test
