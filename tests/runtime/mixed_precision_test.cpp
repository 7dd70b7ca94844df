#include "runtime/mixed_precision.hpp"

#include "runtime/specialize.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::test::mixed_precision_test {
namespace {

ValueId scalar(Graph& graph, float value)
{
    return graph.add_constant("scalar", Tensor::from({}, {value}));
}

MixedPrecision mixed_precision(const Graph& graph)
{
    const Result<Graph> specialized = specialize(graph, {}, false);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    return find_mixed_precision(*specialized);
}

/// The first output of a session in f16, and what the session says.
struct HalfRun
{
    std::vector<float> values;
    std::vector<std::string> warnings;
    std::vector<RangeFault> faults;
};

HalfRun run_in_halves(const TestDevice& device, const Graph& graph, const Tensor& x, bool fuse = false)
{
    Result<Session> session =
        Session::create(device.device, graph, {.precision = Precision::f16, .fuse = fuse, .check_range = true});
    REQUIRE(session.is_ok());
    const std::vector<NamedTensor> inputs = {{"x", x}};
    const Result<RunResult> result = session->run(inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    CHECK(result->outputs.size() == graph.outputs.size());
    count_check(device.name);
    return {result->outputs[0].tensor.to_floats(), session->warnings(), result->range_faults};
}

} // namespace

TEST_CASE("mixed_precision: what halves do not hold is computed in f32, in both layouts")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 3, 7});
    const auto binary = [&](BinaryKind kind, ValueId a, ValueId b) {
        return graph.add_node("b", Binary{kind}, {a, b});
    };
    const auto reduce = [&](ReduceKind kind, ValueId a) {
        return graph.add_node("reduce", Reduce{.kind = kind, .axes = {1, 2, 3}}, {a});
    };
    const ValueId root = graph.add_node("root", Unary{.kind = UnaryKind::sqrt}, {reduce(ReduceKind::sum_square, x)});
    float expected = 0;
    SUBCASE("an epsilon that would vanish")
    {
        const ValueId none = binary(BinaryKind::mul, x, scalar(graph, 0));
        graph.outputs = {
            binary(BinaryKind::div, scalar(graph, 1e-12f), binary(BinaryKind::add, none, scalar(graph, 1e-12f)))};
        expected = 1;
    }
    SUBCASE("a large factor")
    {
        const ValueId large = binary(BinaryKind::mul, x, scalar(graph, 1e6f));
        graph.outputs = {binary(BinaryKind::mul, large, scalar(graph, 1e-6f))};
        expected = 300;
    }
    SUBCASE("a sum of squares")
    {
        graph.outputs = {root};
        expected = 300 * std::sqrt(105.0f);
    }
    SUBCASE("a mean of squares, divided away")
    {
        const ValueId mean = reduce(ReduceKind::mean, binary(BinaryKind::pow, x, scalar(graph, 2)));
        graph.outputs = {binary(BinaryKind::div, x, graph.add_node("root", Unary{.kind = UnaryKind::sqrt}, {mean}))};
        expected = 1;
    }
    SUBCASE("a mean of products behind other functions")
    {
        const ValueId sum = binary(BinaryKind::add, x, scalar(graph, 1));
        const ValueId other = graph.add_node("abs", Unary{.kind = UnaryKind::abs}, {x});
        const ValueId mean = reduce(ReduceKind::mean, binary(BinaryKind::mul, sum, other));
        graph.outputs = {graph.add_node("root", Unary{.kind = UnaryKind::sqrt}, {mean})};
        expected = std::sqrt(301.0f * 300);
    }
    SUBCASE("a mean of squares that are scaled")
    {
        const ValueId squares = binary(BinaryKind::pow, x, scalar(graph, 2));
        const ValueId mean = reduce(ReduceKind::mean, binary(BinaryKind::mul, squares, scalar(graph, 0.9f)));
        graph.outputs = {graph.add_node("root", Unary{.kind = UnaryKind::sqrt}, {mean})};
        expected = std::sqrt(0.9f * 300 * 300);
    }
    SUBCASE("a softmax that is written out")
    {
        const ValueId part =
            graph.add_node("exp", Unary{UnaryKind::exp}, {binary(BinaryKind::mul, x, scalar(graph, 0.05f))});
        graph.outputs = {binary(BinaryKind::div, part, reduce(ReduceKind::sum, part))};
        expected = 1 / 105.0f;
    }
    SUBCASE("the log of a sum of exponentials that is written out")
    {
        const ValueId part =
            graph.add_node("exp", Unary{UnaryKind::exp}, {binary(BinaryKind::mul, x, scalar(graph, 0.05f))});
        graph.outputs = {graph.add_node("log", Unary{UnaryKind::log}, {reduce(ReduceKind::sum, part)})};
        expected = 15 + std::log(105.0f);
    }
    SUBCASE("integers that become floats")
    {
        const ValueId integers = graph.add_node("integers", Cast{.to = DType::i64}, {x});
        const ValueId scale = graph.add_constant("scale", Tensor::from_integers({}, {301}));
        const ValueId place = graph.add_node("place", Binary{BinaryKind::mul}, {integers, scale});
        const ValueId wide = graph.add_node("floats", Cast{.to = DType::f32}, {place});
        graph.outputs = {binary(BinaryKind::sub, wide, scalar(graph, 90000))};
        expected = 300;
    }
    SUBCASE("weights beyond the range")
    {
        const ValueId weights = graph.add_constant("w", Tensor::from({2, 5, 1, 1}, std::vector<float>(10, 1e5f)));
        const ValueId conv = graph.add_node("conv", Conv{}, {x, weights});
        graph.outputs = {binary(BinaryKind::mul, conv, scalar(graph, 1e-7f))};
        expected = 15;
    }
    const Tensor input = Tensor::from({1, 5, 3, 7}, std::vector<float>(105, 300));
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        for (const bool fuse : {false, true})
        {
            CAPTURE(fuse);
            const HalfRun run = run_in_halves(device, graph, input, fuse);
            CHECK(run.faults.empty());
            for (const float value : run.values)
                REQUIRE(value == doctest::Approx(expected).epsilon(2e-3));
        }
    }
}

TEST_CASE("mixed_precision: the third input of a concatenation is no bias")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 2, 3, 3});
    const ValueId tiny = graph.add_constant("tiny", Tensor::from({1, 1, 3, 3}, std::vector<float>(9, 1e-9f)));
    graph.outputs = {graph.add_node("all", Concat{}, {x, x, tiny})};
    const MixedPrecision mixed = mixed_precision(graph);
    CHECK(mixed.is_f32 == std::vector<bool>{true});
    CHECK(mixed.warnings.size() == 1);
}

TEST_CASE("mixed_precision: nodes that halves serve stay in halves")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 3, 7});
    const ValueId weights = graph.add_constant("w", random({4, 5, 3, 3}));
    const ValueId bias = graph.add_constant("bias", Tensor::from({4}, {1e-9f, 0, 0, 0}));
    const ValueId conv = graph.add_node("conv", Conv{}, {x, weights, bias});
    const ValueId sum = graph.add_node("add", Binary{BinaryKind::add}, {conv, scalar(graph, 0.001f)});
    graph.outputs = {graph.add_node("mean", Reduce{.axes = {2, 3}}, {sum})};
    MixedPrecision mixed = mixed_precision(graph);
    CHECK(mixed.is_f32 == std::vector<bool>{false, false, false});
    // Numbers of classes, and bytes.
    const ValueId labels = graph.add_node("labels", ArgReduce{.axis = 1}, {conv});
    const ValueId is_first = graph.add_node("first", Binary{BinaryKind::less}, {conv, sum});
    graph.outputs = {graph.add_node("number", Cast{.to = DType::f32}, {labels}),
                     graph.add_node("bit", Cast{.to = DType::f32}, {is_first})};
    mixed = mixed_precision(graph);
    CHECK(std::count(mixed.is_f32.begin(), mixed.is_f32.end(), true) == 0);
    CHECK(mixed.warnings.empty());
}

TEST_CASE("mixed_precision: arithmetic that only gives coordinates is computed in f32")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
    const ValueId offsets = graph.add_input("offsets", DType::f32, {1, 2, 5, 2});
    const ValueId moved = graph.add_node("moved", Binary{}, {offsets, scalar(graph, 0.25f)});
    const ValueId grid = graph.add_node("grid", Unary{.kind = UnaryKind::tanh}, {moved});
    const ValueId sampled = graph.add_node("sampled", GridSample{}, {x, grid});
    graph.outputs = {graph.add_node("result", Unary{.kind = UnaryKind::relu}, {sampled})};
    CHECK(mixed_precision(graph).is_f32 == std::vector<bool>{true, true, false, false});
    graph.outputs.push_back(moved); // read as it is stored, too
    CHECK(mixed_precision(graph).is_f32 == std::vector<bool>{false, true, false, false});
}

TEST_CASE("mixed_precision: angles are computed in f32, and what is made of their sines is not")
{
    Graph graph;
    const ValueId points = graph.add_input("points", DType::f32, {1, 3, 2});
    const ValueId frequencies = graph.add_constant("frequencies", Tensor::from({2, 2}, {1, 2, 3, 4}));
    const ValueId products = graph.add_node("products", MatMul{}, {points, frequencies});
    const ValueId angles = graph.add_node("angles", Binary{.kind = BinaryKind::mul}, {products, scalar(graph, 6.25f)});
    const ValueId sines = graph.add_node("sines", Unary{.kind = UnaryKind::sin}, {angles});
    graph.outputs = {graph.add_node("result", Unary{.kind = UnaryKind::relu}, {sines})};
    CHECK(mixed_precision(graph).is_f32 == std::vector<bool>{true, true, true, false});
}

TEST_CASE("mixed_precision: weights that halves do not hold are told of, with their names and counts")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 2, 3, 3});
    std::vector<float> values = {1e5f, 1, -7e4f, 2, 1e-9f, 1e-9f, 3e-7f, 0};
    const ValueId weights = graph.add_constant("conv.weight", Tensor::from({4, 2, 1, 1}, std::move(values)));
    graph.outputs = {graph.add_node("conv", Conv{}, {x, weights})};
    const MixedPrecision mixed = mixed_precision(graph);
    CHECK(mixed.is_f32 == std::vector<bool>{true});
    REQUIRE(mixed.warnings.size() == 1);
    CHECK(mixed.warnings[0] ==
          "constant 'conv.weight' of node 'conv' (Conv): 2 of 8 values exceed 65504, the largest in f16, 2 of 8 values "
          "become 0 in f16, 1 of 8 values lose most digits in f16; the node is computed in f32");
}

TEST_CASE("mixed_precision: batch normalisation is folded before weights are held to f16's range")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 1, 2, 2});
    const auto list = [&](float value) { return graph.add_constant("list", Tensor::from({1}, {value})); };
    const ValueId weights = graph.add_constant("w", Tensor::from({1, 1, 1, 1}, {1e5f}));
    const ValueId conv = graph.add_node("conv", Conv{}, {x, weights});
    graph.outputs = {graph.add_node("bn", BatchNormalization{}, {conv, list(1e-5f), list(0), list(0), list(1)})};
    const Result<Graph> fused = specialize(graph);
    REQUIRE(fused.is_ok());
    CHECK(find_mixed_precision(*fused).warnings.empty());
}

TEST_CASE("session: says which nodes saturate and which give what is not finite")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6});
    const ValueId doubled = graph.add_node("doubled", Binary{BinaryKind::add}, {x, x});
    const ValueId root = graph.add_node("root", Unary{.kind = UnaryKind::sqrt}, {x});
    graph.outputs = {graph.add_node("sum", Binary{BinaryKind::add}, {doubled, root})};
    const Tensor input = Tensor::from({2, 6}, {1, 2, 3, 4, 40000, 50000, 1, 1, 1, 1, 1, -1});
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        const HalfRun run = run_in_halves(device, graph, input);
        REQUIRE(run.faults.size() == 3);
        CHECK(run.faults[0].node == "doubled");
        CHECK(run.faults[0].op == "Add");
        CHECK(run.faults[0].saturated == 2);
        CHECK(run.faults[1].node == "root");
        CHECK(run.faults[1].not_finite == 1);
        CHECK(run.faults[2].node == "sum");
        const Result<RunResult> plain =
            Session::create(device.device, graph, {})->run(std::vector<NamedTensor>{{"x", input}});
        REQUIRE(plain.is_ok());
        CHECK(plain->range_faults.empty());
    }
}

} // namespace vkseg::test::mixed_precision_test
