#include "formats/onnx/read_onnx.hpp"
#include "reference/evaluate.hpp"
#include "support/check_fusion.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/onnx_writer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace vkseg::test::onnx_quantization_test {
namespace {

using namespace onnx;

Result<Graph> read(const Model& model)
{
    auto owner = std::make_shared<const std::string>(model.bytes());
    return read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
}

Graph graph_of(const Model& model)
{
    Result<Graph> graph = read(model);
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

std::string refusal_of(const Model& model)
{
    return read(model).status().message();
}

/// A model of opset 21 with a domain of Microsoft's operators.
Model model_with(const std::vector<Bytes>& nodes, const std::vector<Bytes>& initializers,
                 const std::vector<Bytes>& inputs, int64_t output_type)
{
    return {.nodes = nodes,
            .initializers = initializers,
            .inputs = inputs,
            .outputs = {value_info("y", output_type, {})},
            .metadata = {},
            .opset = 21,
            .more_of_graph = {},
            .more_of_model = {}};
}

Bytes byte_tensor(const std::string& name, const Extents& dims, int64_t type, const std::vector<int64_t>& values)
{
    std::string bytes;
    for (const int64_t value : values)
        bytes += char(uint8_t(value));
    return raw_tensor(name, dims, type, bytes);
}

Bytes scalar(const std::string& name, float value)
{
    return float_tensor(name, {}, {value});
}

Bytes byte_scalar(const std::string& name, int64_t type, int64_t value)
{
    return byte_tensor(name, {}, type, {value});
}

/// Numbers in steps of 1 below `high`, in an order without a pattern: products near the largest, but not equal.
std::vector<int64_t> numbers_below(int64_t high, size_t count, uint32_t seed)
{
    return random_integers({int64_t(count)}, high - 3, high, seed).to_integers();
}

Tensor bytes_of(DType type, const Shape& shape, const std::vector<int64_t>& values)
{
    std::vector<std::byte> bytes;
    for (const int64_t value : values)
        bytes.push_back(std::byte(uint8_t(value)));
    return Tensor::from_bytes(type, shape, std::move(bytes));
}

/// Runs the network by the reference and on a device in turn, in both precisions, and compares the integers of its
/// output.
void check_integers(const Graph& graph, const std::vector<NamedTensor>& inputs, const std::vector<int64_t>& expected)
{
    std::vector<const Tensor*> given;
    for (const NamedTensor& input : inputs)
        given.push_back(&input.tensor);
    const Result<Graph> specialized = specialize(graph, {}, /* fuse= */ false); // which cuts long sums
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    const Result<std::vector<Tensor>> by_reference = reference::evaluate(*specialized, given);
    REQUIRE_MESSAGE(by_reference.is_ok(), by_reference.status().message());
    CHECK(by_reference->front().to_integers() == expected);
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            INFO(device.name);
            Result<Session> session = Session::create(device.device, graph, {.precision = precision});
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(result->outputs[0].tensor.to_integers() == expected);
            count_check(device.name);
        }
    }
}

/// Sums of a convolution with a window of one pixel.
std::vector<int64_t> pointwise_sums(const std::vector<int64_t>& x, int64_t x_zero, const std::vector<int64_t>& w,
                                    int64_t pixels, int64_t outputs, int64_t groups)
{
    const int64_t inputs = int64_t(x.size()) / pixels / groups;
    std::vector<int64_t> sums(size_t(outputs * pixels));
    for (int64_t m = 0; m < outputs; ++m)
    {
        const int64_t group = m / (outputs / groups);
        for (int64_t k = 0; k < inputs; ++k)
        {
            for (int64_t pixel = 0; pixel < pixels; ++pixel)
                sums[size_t(m * pixels + pixel)] +=
                    (x[size_t((group * inputs + k) * pixels + pixel)] - x_zero) * w[size_t(m * inputs + k)];
        }
    }
    return sums;
}

} // namespace

TEST_CASE("quantization: sums of integers beyond 2^24 are exact, in one group of channels or two")
{
    constexpr int64_t pixels = 3;
    constexpr int64_t outputs = 6;
    for (const int64_t groups : {1, 2})
    {
        const int64_t inputs = 602; // sums of up to 602 · 255 · 127
        const std::vector<int64_t> x = numbers_below(255, size_t(groups * inputs * pixels), 1);
        std::vector<int64_t> w = numbers_below(127, size_t(outputs * inputs), 2);
        for (size_t i = 0; i < size_t(inputs); ++i)
            w[i] = -w[i] - 1; // an output of the other sign
        const Model model =
            model_with({node("ConvInteger", {"x", "w", "zero"}, {"y"}, {attribute("group", groups)})},
                       {byte_tensor("w", {outputs, inputs, 1}, type_i8, w), byte_scalar("zero", type_u8, 1)},
                       {value_info("x", type_u8, {1, groups * inputs, pixels})}, type_i32);
        const std::vector<int64_t> sums = pointwise_sums(x, 1, w, pixels, outputs, groups);
        REQUIRE(sums.back() > 1 << 24);
        check_integers(graph_of(model), {{"x", bytes_of(DType::u8, {1, groups * inputs, pixels}, x)}}, sums);
    }
}

TEST_CASE("quantization: products of matrices are exact, whichever of them is known")
{
    constexpr int64_t rows = 2;
    constexpr int64_t depth = 601; // sums are beyond 2^24
    constexpr int64_t columns = 3;
    const std::vector<int64_t> a = numbers_below(255, size_t(rows * depth), 1);
    const std::vector<int64_t> b = numbers_below(127, size_t(depth * columns), 2);
    const std::vector<int64_t> a_zeros = {0, 2};
    std::vector<int64_t> sums(size_t(rows * columns));
    for (int64_t i = 0; i < rows * columns; ++i)
    {
        for (int64_t k = 0; k < depth; ++k)
            sums[size_t(i)] += (a[size_t(i / columns * depth + k)] - a_zeros[size_t(i / columns)]) *
                               (b[size_t(k * columns + i % columns)] + 100);
    }
    const Bytes of_a = value_info("a", type_u8, {rows, depth});
    const std::vector<Bytes> zeros = {byte_tensor("za", {rows}, type_u8, a_zeros), byte_scalar("zb", type_i8, -100)};
    const std::vector<Bytes> nodes = {node("MatMulInteger", {"a", "b", "za", "zb"}, {"y"})};
    const NamedTensor given_a = {"a", bytes_of(DType::u8, {rows, depth}, a)};
    const NamedTensor given_b = {"b", bytes_of(DType::i8, {depth, columns}, b)};
    SUBCASE("the right one is known")
    {
        std::vector<Bytes> initializers = zeros;
        initializers.push_back(byte_tensor("b", {depth, columns}, type_i8, b));
        check_integers(graph_of(model_with(nodes, initializers, {of_a}, type_i32)), {given_a}, sums);
    }
    SUBCASE("the left one is known")
    {
        std::vector<Bytes> initializers = zeros;
        initializers.push_back(byte_tensor("a", {rows, depth}, type_u8, a));
        const Model model = model_with(nodes, initializers, {value_info("b", type_i8, {depth, columns})}, type_i32);
        check_integers(graph_of(model), {given_b}, sums);
    }
    SUBCASE("none")
    {
        const Model model = model_with(nodes, zeros, {of_a, value_info("b", type_i8, {depth, columns})}, type_i32);
        check_integers(graph_of(model), {given_a, given_b}, sums);
    }
}

TEST_CASE("quantization: products of stacks of matrices with more than six axes are exact")
{
    const Extents of_a = {1, 1, 1, 1, 1, 1, 601};
    const Extents of_b = {1, 1, 1, 1, 1, 601, 1};
    const Graph graph =
        graph_of(model_with({node("MatMulInteger", {"a", "b"}, {"y"})}, {},
                            {value_info("a", type_u8, of_a), value_info("b", type_i8, of_b)}, type_i32));
    check_integers(graph,
                   {{"a", bytes_of(DType::u8, Shape{1, 1, 1, 1, 1, 1, 601}, std::vector<int64_t>(601, 255))},
                    {"b", bytes_of(DType::i8, Shape{1, 1, 1, 1, 1, 601, 1}, std::vector<int64_t>(601, 127))}},
                   {255 * 127 * 601});
}

TEST_CASE("quantization: rounding to integers and back is one launch, and weights are floats after loading")
{
    const Model model = model_with(
        {node("QuantizeLinear", {"x", "sx", "zx"}, {"q"}), node("DequantizeLinear", {"q", "sx", "zx"}, {"d"}),
         node("DequantizeLinear", {"w", "sw", "zw"}, {"weights"}, {attribute("axis", int64_t(0))}),
         node("DequantizeLinear", {"b", "sb"}, {"bias"}, {attribute("axis", int64_t(0))}),
         node("Conv", {"d", "weights", "bias"}, {"c"}), node("Relu", {"c"}, {"r"}),
         node("QuantizeLinear", {"r", "sx", "zx"}, {"rq"}),
         node("MaxPool", {"rq"}, {"mq"}, {attribute("kernel_shape", Extents{2, 2})}),
         node("DequantizeLinear", {"mq", "sx", "zx"}, {"y"})},
        {scalar("sx", 0.25f), byte_scalar("zx", type_u8, 7),
         byte_tensor("w", {2, 3, 1, 1}, type_i8, {-2, 1, 4, 3, 5, -9}), float_tensor("sw", {2}, {0.5f, 2}),
         byte_tensor("zw", {2}, type_i8, {0, 1}),
         raw_tensor("b", {2}, type_i32, std::string("\x01\x00\x00\x00\xfe\xff\xff\xff", 8)),
         float_tensor("sb", {2}, {0.5f, 0.125f})},
        {value_info("x", type_f32, {1, 3, 8, 8})}, type_f32);
    const Graph graph = graph_of(model);
    CHECK(graph.values[*graph.find_value("weights")].constant->to_floats() ==
          std::vector<float>{-1, 0.5f, 2, 4, 8, -20});
    CHECK(graph.values[*graph.find_value("bias")].constant->to_floats() == std::vector<float>{0.5f, -0.25f});
    CHECK(operators_after(graph) ==
          std::vector<std::string>{"Div+Round+Clip+Mul", "Conv", "Div+Round+Clip", "MaxPool", "Mul"});
    check_fusion(graph, {1, 3, 8, 8});
}

TEST_CASE("quantization: constants in blocks of entries that share a scale")
{
    const Model model = model_with({node("DequantizeLinear", {"w", "s", "z"}, {"c"},
                                         {attribute("axis", int64_t(1)), attribute("block_size", int64_t(2))}),
                                    node("Add", {"x", "c"}, {"y"})},
                                   {byte_tensor("w", {2, 3, 2}, type_u8, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
                                    float_tensor("s", {2, 2, 2}, {1, 2, 4, 8, 16, 32, 64, 128}),
                                    byte_tensor("z", {2, 2, 2}, type_u8, {1, 1, 1, 1, 0, 0, 2, 2})},
                                   {value_info("x", type_f32, {2, 3, 2})}, type_f32);
    const Graph graph = graph_of(model);
    CHECK(graph.values[*graph.find_value("c")].constant->to_floats() ==
          std::vector<float>{0, 2, 2, 6, 16, 40, 112, 256, 144, 320, 576, 1280});
}

TEST_CASE("quantization: Microsoft's operators are those on floats between DequantizeLinear and QuantizeLinear")
{
    struct Case
    {
        const char* op_type;
        const char* op; ///< in ONNX
        std::vector<Bytes> attributes;
        bool has_two = false;
    };
    const Bytes window = attribute("kernel_shape", Extents{2, 3});
    const Case cases[] = {
        {"QLinearAdd", "Add", {}, true},
        {"QLinearMul", "Mul", {}, true},
        {"QLinearSigmoid", "Sigmoid", {}},
        {"QLinearLeakyRelu", "LeakyRelu", {attribute("alpha", 0.5f)}},
        {"QLinearAveragePool", "AveragePool", {window, attribute("count_include_pad", int64_t(1))}},
        {"QLinearGlobalAveragePool", "GlobalAveragePool", {}},
        {"QLinearSoftmax", "Softmax", {attribute("axis", int64_t(1))}},
        {"QLinearConcat", "Concat", {attribute("axis", int64_t(1))}, true},
    };
    const std::vector<Bytes> parameters = {scalar("sa", 0.0625f),   byte_scalar("za", type_u8, 130),
                                           scalar("sb", 0.03125f),  byte_scalar("zb", type_u8, 3),
                                           scalar("sy", 0.046875f), byte_scalar("zy", type_u8, 100)};
    const std::vector<Bytes> inputs = {value_info("a", type_u8, {1, 6, 4, 5}), value_info("b", type_u8, {1, 6, 4, 5})};
    const Tensor a = bytes_of(DType::u8, {1, 6, 4, 5}, random_integers({120}, 0, 255, 1).to_integers());
    const Tensor b = bytes_of(DType::u8, {1, 6, 4, 5}, random_integers({120}, 0, 255, 2).to_integers());
    for (const Case& c : cases)
    {
        INFO(c.op_type);
        Names names = {"a", "sa", "za"};
        if (c.has_two)
            names.insert(names.end(), {"b", "sb", "zb"});
        const bool is_first = std::string_view(c.op) == "Concat"; // its scale is
        names.insert(is_first ? names.begin() : names.end(), {"sy", "zy"});
        const Graph joined = graph_of(model_with({node(c.op_type, names, {"y"}, c.attributes, {}, "com.microsoft")},
                                                 parameters, inputs, type_u8));
        const Graph apart = graph_of(model_with(
            {node("DequantizeLinear", {"a", "sa", "za"}, {"fa"}), node("DequantizeLinear", {"b", "sb", "zb"}, {"fb"}),
             node(c.op, c.has_two ? Names{"fa", "fb"} : Names{"fa"}, {"fy"}, c.attributes),
             node("QuantizeLinear", {"fy", "sy", "zy"}, {"y"})},
            parameters, inputs, type_u8));
        const Tensor* const given[] = {&a, &b};
        const Result<std::vector<Tensor>> result = reference::evaluate(joined, given);
        const Result<std::vector<Tensor>> expected = reference::evaluate(apart, given);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
        CHECK(result->front().to_integers() == expected->front().to_integers());
    }
}

TEST_CASE("quantization: a tensor of zeros is quantised without a division by zero")
{
    const Model model = model_with({node("DynamicQuantizeLinear", {"x"}, {"y", "s", "z"})}, {},
                                   {value_info("x", type_f32, {1, 5})}, type_u8);
    check_integers(graph_of(model), {{"x", Tensor::from({1, 5}, {0, 0, 0, 0, 0})}}, {0, 0, 0, 0, 0});
    check_integers(graph_of(model), {{"x", Tensor::from({1, 5}, {0, 0x1p-20f, 0x1p-18f, -0x1p-20f, 0})}},
                   {51, 102, 255, 0, 51});
}

TEST_CASE("quantization: scales of another number than the extent of their axis are refused")
{
    const Graph graph =
        graph_of(model_with({node("QuantizeLinear", {"x", "s"}, {"y"}, {attribute("axis", int64_t(1))})},
                            {float_tensor("s", {3}, {1, 2, 3})}, {value_info("x", type_f32, {2, 1, 4})}, type_u8));
    const Status status = specialize(graph).status();
    CHECK_MESSAGE(status.message().find("cannot be given the shape") != std::string::npos, status.message());
}

TEST_CASE("quantization: says what it refuses")
{
    const std::vector<Bytes> inputs = {value_info("x", type_f32, {1, 3, 8, 8})};
    const auto refusal_with = [&](const Bytes& node, const std::vector<Bytes>& initializers)
    { return refusal_of(model_with({node}, initializers, inputs, type_f32)); };
    const auto contains = [](const std::string& message, const char* part)
    {
        INFO(message);
        CHECK(message.find(part) != std::string::npos);
    };
    contains(refusal_with(node("QuantizeLinear", {"x", "s"}, {"y"}, {attribute("block_size", int64_t(4))}),
                          {scalar("s", 1)}),
             "block_size");
    contains(
        refusal_with(node("QuantizeLinear", {"x", "s", "z"}, {"y"}), {scalar("s", 1), integer_tensor("z", {}, {0})}),
        "must be u8 or i8, got i64");
    contains(refusal_with(node("QuantizeLinear", {"x", "s"}, {"y"}, {attribute("output_dtype", int64_t(4))}),
                          {scalar("s", 1)}),
             "uint16");
    contains(refusal_with(node("DequantizeLinear", {"w", "s"}, {"y"}),
                          {byte_tensor("w", {2, 3}, type_i8, {1, 2, 3, 4, 5, 6}), float_tensor("s", {2}, {1, 2})}),
             "must be of shape 3, got 2");
    contains(refusal_with(node("ConvInteger", {"x", "w"}, {"y"}), {byte_tensor("w", {1, 3, 1, 1}, type_i8, {1, 2, 3})}),
             "x must be u8 or i8, got f32");
    for (const float wrong : {0.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
        contains(refusal_with(node("QuantizeLinear", {"x", "s"}, {"y"}), {scalar("s", wrong)}),
                 "scales must be finite and not 0, got ");
    contains(
        refusal_with(node("DequantizeLinear", {"w", "s"}, {"y"}),
                     {byte_tensor("w", {2}, type_i8, {1, 2}), scalar("s", std::numeric_limits<float>::infinity())}),
        "scales must be finite, got inf");
    contains(refusal_of(model_with(
                 {node("QuantizeLinear", {"x", "s", "zx"}, {"q"}), node("DequantizeLinear", {"q", "s", "zq"}, {"y"})},
                 {scalar("s", 1), byte_scalar("zx", type_u8, 3), byte_scalar("zq", type_i8, 3)}, inputs, type_f32)),
             "the zero point must be of the type of the integers, u8, got i8");
    contains(refusal_of(model_with({node("QLinearConv", {"x", "s", "z", "w", "t", "z", "t", "z"}, {"y"})},
                                   {float_tensor("s", {3}, {1, 2, 3}), scalar("t", 1), byte_scalar("z", type_u8, 0),
                                    byte_tensor("w", {1, 3, 1, 1}, type_u8, {1, 2, 3})},
                                   {value_info("x", type_u8, {1, 3, 8, 8})}, type_u8)),
             "x_scale must have one element, got 3");
    const std::vector<int64_t> large(size_t(4 * 20 * 20), 127);
    contains(refusal_of(model_with({node("ConvInteger", {"x", "w"}, {"y"})},
                                   {byte_tensor("w", {1, 4, 20, 20}, type_i8, large)},
                                   {value_info("x", type_u8, {1, 4, 32, 32})}, type_i32)),
             "too large for exact sums");
}

} // namespace vkseg::test::onnx_quantization_test
