#include "runtime/memory_bound.hpp"

#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/graph_builder.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::memory_bound_test {
namespace {

constexpr size_t mebibyte = size_t(1) << 20; // pays for 2^15 values that planning computes

/// A graph of one node "n" whose inputs are all constants, or the input "x" in front of them.
Graph graph_of(Op op, const std::vector<Tensor>& constants, const Shape& x = {})
{
    Graph graph;
    std::vector<ValueId> inputs;
    if (x.rank() > 0)
        inputs.push_back(graph.add_input("x", DType::f32, x));
    for (const Tensor& constant : constants)
        inputs.push_back(graph.add_constant("c", constant));
    graph.outputs = {graph.add_node("n", std::move(op), inputs)};
    return graph;
}

bool ends_in_constant(const Graph& graph)
{
    return graph.values[graph.outputs[0]].constant.has_value();
}

TEST_CASE("memory bound: constants are folded as long as the bound pays for their values")
{
    for (const int64_t extent : {1 << 15, (1 << 15) + 1})
    {
        CAPTURE(extent);
        const bool is_affordable = extent <= 1 << 15;
        const Tensor shape = Tensor::from_integers({1}, {extent});
        for (const Graph& graph :
             {graph_of(Expand{}, {Tensor::from({1}, {2.0f}), shape}),
              graph_of(Tile{}, {Tensor::from({1}, {2.0f}), shape}), graph_of(ConstantOfShape{}, {shape})})
        {
            const Result<Graph> known = specialize(graph, {}, true, mebibyte);
            REQUIRE_MESSAGE(known.is_ok(), known.status().message());
            CHECK(ends_in_constant(*known) == is_affordable);
            CHECK(known->values[known->outputs[0]].shape == Shape{extent});
        }
    }
}

TEST_CASE("memory bound: what planning has computed counts in all")
{
    Graph graph;
    const ValueId shape = graph.add_constant("shape", Tensor::from_integers({1}, {20000}));
    for (int i = 0; i < 3; ++i)
        graph.outputs.push_back(graph.add_node("n" + std::to_string(i), ConstantOfShape{}, {shape}));
    const Result<Graph> known = specialize(graph, {}, true, mebibyte);
    REQUIRE(known.is_ok());
    CHECK(known->nodes.size() == 2); // 20000 of 32768 values are paid for once
}

TEST_CASE("memory bound: a range that is too long is refused by its node's name")
{
    const auto range = [](float limit) {
        return graph_of(Range{}, {Tensor::from({}, {0}), Tensor::from({}, {limit}), Tensor::from({}, {1})});
    };
    CHECK(specialize(range(1 << 15), {}, true, mebibyte).is_ok());
    const Status status = specialize(range(1 << 16), {}, true, mebibyte).status();
    CHECK(status.code() == StatusCode::out_of_memory);
    CHECK(status.message() ==
          "node 'n' (Range): expected at most 32768 more values to compute while planning, got 65536; the memory "
          "limit is 1 MiB; raise it with --max-memory or SessionOptions::max_memory_bytes");
}

TEST_CASE("memory bound: batch normalisations are folded into weights as long as the bound pays for new weights")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 64, 8, 8});
    const ValueId weights =
        graph.add_constant("w", Tensor::from({64, 64, 3, 3}, std::vector<float>(64 * 64 * 9, 0.1f)));
    const ValueId channels = graph.add_constant("c", Tensor::from({64}, std::vector<float>(64, 0.5f)));
    for (int i = 0; i < 4; ++i)
    {
        const ValueId sums = graph.add_node("conv" + std::to_string(i), Conv{}, {x, weights});
        graph.outputs.push_back(graph.add_node("norm" + std::to_string(i), BatchNormalization{},
                                               {sums, channels, channels, channels, channels}));
    }
    const Result<Graph> small = specialize(graph, {}, true, 2 * 36864 * 32);
    const Result<Graph> large = specialize(graph, {}, true, 4 * 36864 * 32);
    REQUIRE((small.is_ok() && large.is_ok()));
    CHECK(small->nodes.size() == 6);
    CHECK(large->nodes.size() == 4);
}

TEST_CASE("memory bound: zeros in the place of an input without values are paid for")
{
    const auto product = [](int64_t rows)
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {rows, 0});
        graph.outputs = {graph.add_node("n", MatMul{},
                                        {x, graph.add_constant("c", Tensor::from(Shape{0, 1}, std::vector<float>()))})};
        return graph;
    };
    CHECK(specialize(product(1 << 10)).is_ok());
    const Status status = specialize(product(1 << 30)).status();
    CHECK(status.code() == StatusCode::out_of_memory);
    CHECK_MESSAGE(status.message().find("node 'n' (MatMul): expected at most") != std::string::npos, status.message());
}

TEST_CASE("memory bound: an output that is not the node's first may be what takes most")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 1, 2048, 2048});
    const ValueId pooled = graph.add_node("pool", Pool{.window = {.kernel = {2, 2}, .strides = {1, 1}}}, {x}, 2);
    graph.outputs = {pooled + 1};
    for (const test::TestDevice& test_device : test::devices_of_turn(test::next_turn()))
    {
        INFO(test_device.name);
        Result<Session> session = Session::create(test_device.device, graph,
                                                  {.precision = Precision::f16, .max_memory_bytes = 20 * mebibyte});
        REQUIRE(session.is_ok());
        const Status status = session->prepare();
        CHECK(status.code() == StatusCode::out_of_memory);
        CHECK_MESSAGE(status.message().find("node 'pool' (MaxPool): takes") != std::string::npos, status.message());
    }
}

TEST_CASE("memory bound: bytes that constants share count once")
{
    const Tensor whole = Tensor::from({4, 8}, std::vector<float>(32));
    Graph graph;
    graph.add_constant("whole", whole);
    graph.add_constant("flat", whole.reshaped({32}));
    graph.add_constant("part", Tensor(DType::f32, {8}, whole.bytes().subspan(96), nullptr));
    graph.add_constant("other", Tensor::from_integers({3}, {1, 2, 3}));
    CHECK(constant_bytes(graph) == 128 + 24);
    CHECK(default_max_memory_bytes(graph) == 768 * mebibyte + 32 * (128 + 24));
}

TEST_CASE("memory bound: inputs count whose shapes the caller chooses, and not those that the file fixes")
{
    Graph graph;
    graph.add_input("open", DType::f32, {1, 3, -1, -1});
    graph.add_input("fixed", DType::f32, {1, 3, 2000, 2000});
    const NamedShape shapes[] = {{"open", {1, 3, 20, 20}}, {"fixed", {1, 3, 2000, 2000}}};
    CHECK(chosen_values(graph, shapes) == 1200);
    CHECK(default_max_memory_bytes(graph, shapes) == 768 * mebibyte + 512 * 1200);
}

TEST_CASE("memory bound: a small network may have a large picture if the caller chose it")
{
    const auto network = [](const Shape& x)
    {
        Graph graph = graph_of(Conv{.window = {.pads = {1, 1, 1, 1}}},
                               {Tensor::from({96, 3, 3, 3}, std::vector<float>(2592))}, x);
        graph.outputs = {graph.add_node(
            "head", Conv{},
            {graph.outputs[0], graph.add_constant("h", Tensor::from({1, 96, 1, 1}, std::vector<float>(96)))})};
        return graph;
    };
    const Shape picture = {1, 3, 2160, 3840}; // 96 channels of it take 3 GiB
    const NamedShape shape = {"x", picture};
    for (const bool is_chosen : {true, false})
    {
        CAPTURE(is_chosen);
        const Graph graph = network(is_chosen ? Shape{1, 3, -1, -1} : picture);
        const Result<NetworkSummary> summary = summarize(graph, {&shape, 1});
        REQUIRE_MESSAGE(summary.is_ok(), summary.status().message());
        CHECK((summary->memory_bytes > default_max_memory_bytes(graph, {&shape, 1})) == !is_chosen);
    }
}

TEST_CASE("memory bound: what is needed never reads as what is allowed")
{
    const Result<Graph> graph = specialize(graph_of(Unary{.kind = UnaryKind::relu}, {}, {1, 4, 300, 300}));
    const size_t bytes = size_t(4) * 300 * 300 * 4; // 1406.25 KiB
    CHECK(check_tensors(*graph, Precision::f32, bytes).is_ok());
    const Status status = check_tensors(*graph, Precision::f32, bytes - 1);
    CHECK_MESSAGE(status.message().find("takes 1407 KiB, but the memory limit is 1406 KiB") != std::string::npos,
                  status.message());
}

TEST_CASE("memory bound: weights that planning could not pay for are told from those that are not known")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {8, 192});
    const ValueId weights = graph.add_constant("w", Tensor::from({192, 192}, std::vector<float>(192 * 192)));
    const ValueId turned = graph.add_node("turn", Transpose{}, {weights});
    graph.outputs = {graph.add_node("product", FullyConnected{}, {x, turned})};
    CHECK(specialize(graph).is_ok());
    const Status status = specialize(graph, {}, true, mebibyte).status();
    CHECK_MESSAGE(
        status.message().find("is computed by node 'turn' (Transpose), which would take too much memory while "
                              "planning; the memory limit is 1 MiB") != std::string::npos,
        status.message());
}

TEST_CASE("memory bound: a session refuses a network beyond it and names the node that takes most")
{
    for (const test::TestDevice& test_device : test::devices_of_turn(test::next_turn()))
    {
        INFO(test_device.name);
        const Device& device = test_device.device;
        const Graph graph = graph_of(Expand{.shape = {512, 512, 2, 4}}, {}, {1, 1, 2, 4}); // 8 MiB
        Result<Session> session = Session::create(device, graph, {.max_memory_bytes = 24 * mebibyte});
        REQUIRE(session.is_ok());
        const Status refused = session->prepare();
        CHECK(refused.code() == StatusCode::out_of_memory);
        CHECK_MESSAGE(refused.message().starts_with("node 'n' (Expand): takes the largest part, 8 MiB, of the"),
                      refused.message());
        Result<Session> allowed = Session::create(device, graph, {.max_memory_bytes = 64 * mebibyte});
        REQUIRE(allowed.is_ok());
        CHECK(allowed->prepare().is_ok());
    }
}

TEST_CASE("memory bound: a session lets old plans go when a new one needs their memory")
{
    for (const test::TestDevice& test_device : test::devices_of_turn(test::next_turn()))
    {
        INFO(test_device.name);
        const Device& device = test_device.device;
        const Graph graph = graph_of(Unary{.kind = UnaryKind::relu}, {}, {1, 4, -1, 4});
        Result<Session> session = Session::create(device, graph, {.max_memory_bytes = 24 * mebibyte});
        REQUIRE(session.is_ok());
        for (const int64_t height : {1 << 16, (1 << 16) + 1, (1 << 16) + 2})
        {
            const NamedShape shape = {"x", {1, 4, height, 4}}; // 4 MiB
            const Status status = session->prepare({&shape, 1});
            CHECK_MESSAGE(status.is_ok(), status.message());
            const MemoryUse use = session->memory_use();
            CHECK(use.activations_bytes + use.staging_bytes <= 24 * mebibyte);
        }
    }
}

} // namespace
} // namespace vkseg::memory_bound_test
