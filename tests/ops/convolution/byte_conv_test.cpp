#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/forced_choice.hpp"
#include "support/pairwise.hpp"
#include "vk/device.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

namespace vkseg::test::byte_conv_test {
namespace {

struct Case
{
    ByteConv op;
    Shape x;
    Shape weights;
};

ChainStep step(BinaryKind kind, float constant)
{
    return {.function = Binary{kind}, .constant = constant};
}

Tensor random_bytes(const Shape& shape, uint32_t seed)
{
    std::vector<std::byte> bytes;
    for (const int64_t value : random_integers(shape, -128, 127, seed).to_integers())
        bytes.push_back(std::byte(uint8_t(value)));
    return Tensor::from_bytes(DType::i8, shape, std::move(bytes));
}

Tensor starts(int64_t count)
{
    std::vector<std::byte> bytes;
    for (const int64_t value : random_integers({count}, -70000, 70000, 5).to_integers())
    {
        const auto word = int32_t(value);
        const auto* const first = reinterpret_cast<const std::byte*>(&word);
        bytes.insert(bytes.end(), first, first + sizeof word);
    }
    return Tensor::from_bytes(DType::i32, {count}, std::move(bytes));
}

/// Parameters with which no sum, scaled and biased, rounds before it is quantised.
std::vector<Tensor> parameters_of(const Shape& weights)
{
    const int64_t outputs = weights[0];
    std::vector<float> factors;
    std::vector<float> biases;
    for (int64_t i = 0; i < outputs; ++i)
    {
        factors.push_back(i % 3 == 0 ? 0x1p-9f : 0x1p-8f);
        biases.push_back(float(i % 7) * 0.5f - 1);
    }
    return {random_bytes(weights, 2), starts(outputs), Tensor::from({outputs}, factors),
            Tensor::from({outputs}, biases)};
}

/// The convolution of the nearest bytes to an input in floats, as floats.
Graph network_of(const Case& checked)
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, checked.x);
    const ValueId bytes = graph.add_node(
        "bytes", Chain{.steps = {step(BinaryKind::mul, 16), step(BinaryKind::sub, 3)}, .makes_bytes = true}, {x});
    std::vector<ValueId> inputs = {bytes};
    for (const Tensor& parameter : parameters_of(checked.weights))
        inputs.push_back(graph.add_constant("parameter" + std::to_string(inputs.size()), parameter));
    if (checked.op.has_residual)
        inputs.push_back(graph.add_node("residual", Chain{.steps = {step(BinaryKind::mul, 0.5f)}}, {bytes}));
    ValueId y = graph.add_node("conv", checked.op, inputs);
    if (checked.op.y)
        y = graph.add_node("y", Chain{.steps = {step(BinaryKind::sub, 5)}}, {y});
    graph.outputs = {y};
    return graph;
}

/// Compares every value with the reference's, on every device and with the tile of a GPU with so many registers.
void check(const Case& checked, int registers, const std::string& kernel)
{
    const Graph graph = network_of(checked);
    std::vector<float> values = random_integers(checked.x, -140 * 4, 140 * 4).to_floats();
    for (float& value : values)
        value /= 64; // ties, too
    const Tensor x = Tensor::from(checked.x, std::move(values));
    const Tensor* const given[] = {&x};
    const Result<reference::Tensors> expected = reference::evaluate(graph, given);
    REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
    const size_t turn = next_turn();
    for (const TestDevice& device : devices_from_turn(turn))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            if (precision == Precision::f16 && !checked.op.y) // the copy to the host rounds
                continue;
            INFO(device.name, precision == Precision::f16 ? ", f16" : ", f32", ", registers ", registers);
            const Result<Program> program = plan_with_choice(device.device, graph, precision, {}, registers, false);
            REQUIRE_MESSAGE(program.is_ok(), program.status().message());
            const bool has_dot = device.device.vulkan()->limits().has_packed_dot && kernel.starts_with("conv_bytes");
            const std::string wanted = has_dot ? "conv_dot" + kernel.substr(10) : kernel;
            CHECK_MESSAGE(kernels_of(*program).find(wanted + " ") != std::string::npos, kernels_of(*program));
            if (!is_due(device, *program, turn, precision))
                continue;
            const Result<ForcedRun> run =
                run_with_choice(device.device, graph, {{"x", x}}, precision, {}, registers, false);
            REQUIRE_MESSAGE(run.is_ok(), run.status().message());
            CHECK(run->output.to_floats() == (*expected)[0].to_floats());
            count_check(device.name);
        }
    }
}

} // namespace

TEST_CASE("byte_conv: equals the reference in each bit, with every tile and any window")
{
    const std::vector<std::tuple<int, std::string>> tiles = {{128, "_4x4"}, {64, "_2x4"}, {44, "_2x2"}};
    struct Shapes
    {
        Shape x;
        Shape weights;
        Window window;
        bool is_pointwise = false;
    };
    const std::vector<Shapes> shapes = {
        {{1, 3, 5, 7}, {17, 3, 3, 3}, {.pads = {1, 1, 1, 1}}},
        {{2, 13, 9, 4}, {9, 13, 3, 2}, {.strides = {2, 1}, .dilations = {1, 3}, .pads = {2, 0, 1, 4}}},
        {{1, 6, 11}, {20, 6, 3}, {.strides = {2}, .pads = {1, 1}}},
        {{2, 21, 7, 5}, {37, 21, 1, 1}, {}, true},
        {{1, 8, 1, 130}, {5, 8, 1, 1}, {}, true},
    };
    const std::vector<int> zero_points = {-128, 0, 77};
    const std::vector<std::optional<Quantization>> quantizations = {
        std::nullopt, Quantization{.scale = 4, .zero_point = -9}, Quantization{.scale = 0.5f, .zero_point = 127}};
    const std::vector<Activation> activations = {
        {}, {.kind = UnaryKind::relu}, {.kind = UnaryKind::clip, .a = -1, .b = 6}};
    const std::vector<int> residuals = {0, 1, 2};
    for (const auto& [tile, shape, zero_point, y, activation, residual] :
         pairwise<std::tuple<int, std::string>, Shapes, int, std::optional<Quantization>, Activation, int>(
             tiles, shapes, zero_points, quantizations, activations, residuals))
    {
        const ByteConv op = {.window = shape.window,
                             .x_zero_point = zero_point,
                             .activation = activation,
                             .has_residual = residual != 0 && shape.is_pointwise && shape.x[1] == shape.weights[0],
                             .adds_residual_last = residual == 2,
                             .y = y};
        check({.op = op, .x = shape.x, .weights = shape.weights}, std::get<int>(tile),
              (shape.is_pointwise ? "conv_bytes_pointwise" : "conv_bytes") + std::get<std::string>(tile));
    }
}

TEST_CASE("byte_conv: adds a residual before or after the activation, and has few or depthwise channels")
{
    for (const bool is_last : {false, true})
        check({.op = {.x_zero_point = 1,
                      .activation = {.kind = UnaryKind::relu},
                      .has_residual = true,
                      .adds_residual_last = is_last,
                      .y = Quantization{.scale = 2}},
               .x = {1, 10, 6, 3},
               .weights = {10, 10, 1, 1}},
              128, "conv_bytes_pointwise_4x4");
    check({.op = {.window = {.pads = {0, 1, 1, 0}}, .x_zero_point = -5, .y = Quantization{}},
           .x = {1, 9, 5, 6},
           .weights = {3, 9, 2, 3}},
          64, "conv_bytes_narrow");
    for (const int registers : {64, 44})
    {
        const Window window = {.strides = {1, 2}, .dilations = {2, 1}, .pads = {2, 1, 2, 0}};
        check({.op = {.window = window, .groups = 10, .x_zero_point = 50, .y = Quantization{.scale = 8}},
               .x = {2, 10, 7, 9},
               .weights = {10, 1, 3, 3}},
              registers, registers == 64 ? "conv_depthwise_bytes" : "conv_depthwise_bytes_2");
    }
    const std::vector<std::tuple<int, int64_t, std::string>> tiles = {{160, 3, "conv_depthwise3_bytes"},
                                                                      {128, 3, "conv_depthwise3_2_bytes"},
                                                                      {64, 3, "conv_depthwise3_row_bytes"},
                                                                      {200, 5, "conv_depthwise5_bytes"},
                                                                      {64, 5, "conv_depthwise5_row_bytes"}};
    for (const auto& [registers, kernel, name] : tiles)
        check(
            {.op = {.window = {.pads = {1, 2, 2, 1}}, .groups = 6, .x_zero_point = -77, .y = Quantization{.scale = 8}},
             .x = {2, 6, 9, 7},
             .weights = {6, 1, kernel, kernel}},
            registers, name);
}

TEST_CASE("byte_conv: refuses what does not fit and says why")
{
    const Shape shape = {8, 4, 1, 1};
    std::vector<Tensor> inputs = parameters_of(shape);
    inputs.insert(inputs.begin(), random_bytes({1, 4, 3, 3}, 1));
    CHECK(refusal(ByteConv{}, inputs).empty());
    CHECK(refusal(ByteConv{.x_zero_point = 128}, inputs).find("zero points") != std::string::npos);
    CHECK(refusal(ByteConv{.y = Quantization{.scale = 0}}, inputs).find("positive") != std::string::npos);
    CHECK(refusal(ByteConv{.activation = {.kind = UnaryKind::sigmoid}}, inputs).find("activation") !=
          std::string::npos);
    CHECK(refusal(ByteConv{.groups = 2}, inputs).find("groups") != std::string::npos);
    CHECK(refusal(ByteConv{.has_residual = true}, inputs).find("6 inputs") != std::string::npos);
    inputs[0] = random({1, 4, 3, 3});
    CHECK(refusal(ByteConv{}, inputs).find("must be i8") != std::string::npos);
}

} // namespace vkseg::test::byte_conv_test
