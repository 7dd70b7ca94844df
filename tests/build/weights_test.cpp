#include "vkseg/weights.hpp"

#include "base/half.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace vkseg::test::weights_test {
namespace {

ValueId add_weight(Graph& graph, const std::string& name, Shape shape, DType type = DType::f32)
{
    const ValueId id = graph.add_input(name, type, shape);
    graph.values[id].is_weight = true;
    return id;
}

/// One pointwise convolution of three channels to two.
Graph pointwise()
{
    Graph graph;
    graph.name = "net";
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 2, 2});
    const ValueId weight = add_weight(graph, "conv.weight", {2, 3, 1, 1});
    const ValueId bias = add_weight(graph, "conv.bias", {2});
    graph.outputs = {graph.add_node("conv", Conv(), {x, weight, bias})};
    return graph;
}

std::vector<NamedTensor> fitting()
{
    return {{"conv.weight", Tensor::from({2, 3, 1, 1}, {1, 2, 3, 4, 5, 6})}, {"conv.bias", Tensor::from({2}, {7, 8})}};
}

std::string refusal(Graph& graph, std::vector<NamedTensor> tensors)
{
    const Status status = fill_weights(graph, {.tensors = std::move(tensors), .metadata = {}});
    CHECK(status.code() == StatusCode::invalid_argument);
    return status.message();
}

bool holds(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

template <class Stored, class From>
Tensor stored_as(DType type, const Tensor& tensor, From&& from)
{
    std::vector<std::byte> bytes;
    for (const float value : tensor.floats())
    {
        const auto stored = std::bit_cast<std::array<std::byte, sizeof(Stored)>>(from(value));
        bytes.insert(bytes.end(), stored.begin(), stored.end());
    }
    return Tensor::from_bytes(type, tensor.shape(), std::move(bytes));
}

/// The same values in every type of floats; they must be values that all can hold.
std::vector<Tensor> in_all_float_types(const Tensor& tensor)
{
    return {
        tensor,
        stored_as<Half>(DType::f16, tensor, [](float value) { return to_half(value); }),
        stored_as<uint16_t>(DType::bf16, tensor,
                            [](float value) { return uint16_t(std::bit_cast<uint32_t>(value) >> 16); }),
        stored_as<double>(DType::f64, tensor, [](float value) { return double(value); }),
    };
}

double root_mean_square(const Tensor& tensor)
{
    double sum = 0;
    for (const float value : tensor.to_floats())
        sum += double(value) * double(value);
    return std::sqrt(sum / double(tensor.elements()));
}

/// Layers of 3 x 3 convolutions on `channels` channels, written down for invent_weights().
struct Layers
{
    Graph graph;
    int64_t channels = 16;
    ValueId x = graph.add_input("x", DType::f32, {1, 16, 6, 6});

    std::string next_name(const char* kind) { return kind + std::to_string(graph.nodes.size()); }
    ValueId conv(ValueId from)
    {
        const std::string name = next_name("conv");
        const Conv op = {.window = {.pads = {1, 1, 1, 1}}};
        return graph.add_node(name, op,
                              {from, add_weight(graph, name + ".weight", {channels, channels, 3, 3}),
                               add_weight(graph, name + ".bias", {channels})});
    }
    ValueId batch_norm(ValueId from)
    {
        const std::string name = next_name("norm");
        std::vector<ValueId> inputs = {from};
        for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
            inputs.push_back(add_weight(graph, name + part, {channels}));
        return graph.add_node(name, BatchNormalization(), inputs);
    }
    ValueId relu(ValueId from) { return graph.add_node(next_name("relu"), Unary{.kind = UnaryKind::relu}, {from}); }
    ValueId add(ValueId a, ValueId b) { return graph.add_node(next_name("sum"), Binary(), {a, b}); }

    /// Of the result `y`, for an input of the same.
    double spread(ValueId y)
    {
        graph.outputs = {y};
        invent_weights(graph);
        CHECK(graph.inputs == std::vector<ValueId>{x});
        Result<Session> session = Session::create(devices().front().device, graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        const float edge = std::sqrt(3.0f);
        const Result<RunResult> result = session->run({{{"x", random({1, 16, 6, 6}, -edge, edge)}}});
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        return root_mean_square(result->outputs[0].tensor);
    }
};

} // namespace

TEST_CASE("weights: every weight becomes the constant of its name")
{
    Graph graph = pointwise();
    REQUIRE(fill_weights(graph, {.tensors = fitting(), .metadata = {}}).is_ok());
    CHECK(graph.inputs == std::vector<ValueId>{0});
    const Value& bias = graph.values[*graph.find_value("conv.bias")];
    REQUIRE(bias.constant);
    CHECK(bias.constant->to_floats() == std::vector<float>{7, 8});
    CHECK_FALSE(bias.is_weight);
}

TEST_CASE("weights: floats of every type compute the same")
{
    const Tensor weight = Tensor::from({2, 3, 1, 1}, {1, -2, 0.5, 4, 0.25, -1});
    const Tensor bias = Tensor::from({2}, {0.75, -3});
    const Tensor x = Tensor::from({1, 3, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    const std::vector<float> expected = {-3.75, -4.25, -4.75, -5.25, -6.75, -3.5, -0.25, 3};
    const std::vector<Tensor> weights = in_all_float_types(weight);
    const std::vector<Tensor> biases = in_all_float_types(bias);
    for (size_t i = 0; i < weights.size(); ++i)
    {
        CAPTURE(name(weights[i].type()));
        Graph graph = pointwise();
        REQUIRE(
            fill_weights(graph, {.tensors = {{"conv.weight", weights[i]}, {"conv.bias", biases[i]}}, .metadata = {}})
                .is_ok());
        for (const TestDevice& device : devices_of_turn(next_turn()))
        {
            CAPTURE(device.name);
            Result<Session> session = Session::create(device.device, graph);
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const Result<RunResult> result = session->run({{{"x", x}}});
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(result->outputs[0].tensor.to_floats() == expected);
        }
    }
}

TEST_CASE("weights: the matrix of a fully connected layer fills the convolution that it is")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 2, 2, 2});
    const ValueId weight = add_weight(graph, "fc.weight", {1, 2, 2, 2});
    graph.outputs = {graph.add_node("fc", Conv(), {x, weight})};
    const Tensor matrix = Tensor::from({1, 8}, {1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(holds(refusal(graph, {{"fc.weight", matrix.reshaped({2, 4})}}), "expected f32 1x2x2x2, got f32 2x4"));
    CHECK(holds(refusal(graph, {{"fc.weight", matrix.reshaped({8})}}), "expected f32 1x2x2x2, got f32 8"));
    REQUIRE(fill_weights(graph, {.tensors = {{"fc.weight", matrix}}, .metadata = {}}).is_ok());
    CHECK(graph.values[weight].shape == Shape{1, 2, 2, 2});
    CHECK(graph.values[weight].constant->to_floats() == matrix.to_floats());
}

TEST_CASE("weights: all that does not fit is told at once, and the graph stays as it was")
{
    Graph graph = pointwise();
    const ValueId count = add_weight(graph, "count", {}, DType::i64);
    const std::string message = refusal(graph, {{"conv.weight", Tensor::from({2, 3}, std::vector<float>(6))},
                                                {"conv.bias", Tensor::from({3}, {1, 2, 3})},
                                                {"count", Tensor::from({}, {1})},
                                                {"conv2.weight", Tensor::from({1}, {1})},
                                                {"conv2.weight", Tensor::from({1}, {1})}});
    CHECK(message == "network 'net': the given weights do not match:\n"
                     "  of the wrong shape or type (2): 'conv.bias' (expected f32 2, got f32 3), "
                     "'count' (expected i64 scalar, got f32 scalar)\n"
                     "  not in the network (2): 'conv2.weight', 'conv2.weight'\n"
                     "  given twice (1): 'conv2.weight'");
    CHECK(graph.inputs == std::vector<ValueId>{0, 1, 2, count});
    CHECK(graph.values[1].is_weight);
    CHECK_FALSE(graph.values[1].constant);
    CHECK(holds(refusal(graph, {}), "\n  missing (3): 'conv.weight', 'conv.bias', 'count'"));
}

TEST_CASE("weights: integers do not fill floats")
{
    Graph graph = pointwise();
    std::vector<NamedTensor> tensors = fitting();
    tensors[1].tensor = Tensor::from_integers({2}, {1, 2});
    CHECK(holds(refusal(graph, tensors), "'conv.bias' (expected f32 2, got i64 2)"));
}

TEST_CASE("weights: of a thousand missing ones twenty are listed")
{
    Graph graph;
    for (int i = 0; i < 1000; ++i)
        add_weight(graph, "w" + std::to_string(i), {1});
    const std::string message = refusal(graph, {});
    CHECK(holds(message, "missing (1000): 'w0', 'w1'"));
    CHECK(holds(message, "'w19' and 980 more"));
    CHECK_FALSE(holds(message, "'w20'"));
}

TEST_CASE("weights: what only training needs may be spare")
{
    Graph graph = pointwise();
    std::vector<NamedTensor> tensors = fitting();
    tensors.push_back({"bn1.num_batches_tracked", Tensor::from_integers({}, {5})});
    tensors.push_back({"aux_classifier.0.weight", Tensor::from({1}, {5})});
    tensors.push_back({"head.aux", Tensor::from({1}, {5})});
    CHECK(holds(refusal(graph, tensors), "not in the network (2): 'aux_classifier.0.weight', 'head.aux'"));
    graph.metadata["vkseg.ignored_weights"] = "aux_classifier.  head.a";
    CHECK(fill_weights(graph, {.tensors = tensors, .metadata = {}}).is_ok());
}

TEST_CASE("weights: invented ones keep deep networks of the order of one")
{
    Layers plain;
    ValueId y = plain.x;
    for (int i = 0; i < 20; ++i)
        y = plain.relu(plain.conv(y));
    const double of_plain = plain.spread(y);
    CHECK(of_plain > 0.1);
    CHECK(of_plain < 10);

    Layers linear;
    y = linear.x;
    for (int i = 0; i < 20; ++i)
        y = linear.conv(y);
    const double of_linear = linear.spread(y);
    CHECK(of_linear > 0.1);
    CHECK(of_linear < 10);

    Layers residual;
    y = residual.x;
    for (int i = 0; i < 30; ++i)
    {
        const ValueId branch = residual.relu(residual.batch_norm(residual.conv(y)));
        y = residual.relu(residual.add(y, residual.batch_norm(residual.conv(branch))));
    }
    const double of_residual = residual.spread(y);
    CHECK(of_residual > 0.1);
    CHECK(of_residual < 10);
}

TEST_CASE("weights: invented ones are the same for the same seed, and open shapes stay open")
{
    const auto invented = [](uint32_t seed)
    {
        Graph graph = pointwise();
        add_weight(graph, "open", {-1, 3});
        invent_weights(graph, seed);
        CHECK(graph.inputs.size() == 2);
        return graph.values[1].constant->to_floats();
    };
    CHECK(invented(1) == invented(1));
    CHECK(invented(1) != invented(2));
}

} // namespace vkseg::test::weights_test
