#include "reference/evaluate.hpp"
#include "support/check_fusion.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace vkseg::test::recognise_normalizations_test {
namespace {

/// Writes normalisations out as exporters do.
struct Writer
{
    Graph graph;
    ValueId x;
    Integers axes;

    Writer(Shape shape, Integers normalized) : axes(std::move(normalized))
    {
        x = graph.add_input("x", DType::f32, shape);
    }

    ValueId unary(UnaryKind kind, ValueId a) { return graph.add_node("unary", Unary{.kind = kind}, {a}); }
    ValueId binary(BinaryKind kind, ValueId a, ValueId b) { return graph.add_node("binary", Binary{kind}, {a, b}); }
    ValueId scalar(float value) { return graph.add_constant("scalar", Tensor::from({}, {value})); }
    ValueId add(ValueId a, ValueId b) { return binary(BinaryKind::add, a, b); }
    ValueId sub(ValueId a, ValueId b) { return binary(BinaryKind::sub, a, b); }
    ValueId mul(ValueId a, ValueId b) { return binary(BinaryKind::mul, a, b); }
    ValueId div(ValueId a, ValueId b) { return binary(BinaryKind::div, a, b); }
    ValueId pow(ValueId a, float exponent) { return binary(BinaryKind::pow, a, scalar(exponent)); }
    ValueId root(ValueId a) { return unary(UnaryKind::sqrt, a); }
    ValueId inverse(ValueId a) { return unary(UnaryKind::reciprocal, a); }
    ValueId reduce(ReduceKind kind, ValueId a, bool keep_dims = true)
    {
        return graph.add_node("reduce", Reduce{.kind = kind, .axes = axes, .keep_dims = keep_dims}, {a});
    }
    ValueId mean(ValueId a) { return reduce(ReduceKind::mean, a); }
    ValueId centred() { return sub(x, mean(x)); }
    ValueId variance() { return mean(pow(centred(), 2)); }
    ValueId max(ValueId a, float bound) { return binary(BinaryKind::max, a, scalar(bound)); }
    ValueId parameter(const Shape& shape, uint32_t seed)
    {
        return graph.add_constant("parameter", random(shape, 0.5f, 1.5f, seed));
    }
};

/// The reference's values of the graph, node by node, in double within each node.
std::vector<float> by_reference(const Graph& graph, const Tensor& x)
{
    std::vector<std::optional<Tensor>> values(graph.values.size());
    for (size_t id = 0; id < values.size(); ++id)
        values[id] = graph.values[id].constant;
    values[graph.inputs[0]] = x;
    for (const Node& node : graph.nodes)
    {
        std::vector<const Tensor*> inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(id == no_value ? nullptr : &*values[id]);
        const Result<reference::Tensors> outputs = reference::evaluate(node.op, inputs);
        REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
        values[node.outputs[0]] = (*outputs)[0];
    }
    return values[graph.outputs[0]]->to_floats();
}

/// Holds the graph to the reference in both precisions on a device in turn, for values of several hundreds.
void check_range(const Graph& graph, bool fuse = true)
{
    // Multiples of 1/2 below 1024 are halves.
    Tensor x = random(graph.values[graph.inputs[0]].shape, -900, 900);
    std::vector<float> rounded = x.to_floats();
    for (float& value : rounded)
        value = std::round(value * 2) / 2;
    x = Tensor::from(x.shape(), std::move(rounded));
    const std::vector<float> expected = by_reference(graph, x);
    float largest = 0;
    for (const float value : expected)
        largest = std::max(largest, std::abs(value));
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            INFO(device.name, precision == Precision::f16 ? ", f16" : ", f32");
            Result<Session> session =
                Session::create(device.device, graph, {.precision = precision, .fuse = fuse, .check_range = true});
            REQUIRE(session.is_ok());
            const std::vector<NamedTensor> inputs = {{"x", x}};
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(result->range_faults.empty());
            const std::vector<float> got = result->outputs[0].tensor.to_floats();
            REQUIRE(got.size() == expected.size());
            const float allowed = largest * (precision == Precision::f16 ? 0x1p-8f : 1e-5f);
            for (size_t i = 0; i < got.size(); ++i)
                REQUIRE(std::abs(got[i] - expected[i]) <= allowed);
        }
        count_check(device.name);
    }
}

struct Spelling
{
    std::string name;
    std::function<ValueId(Writer&)> write;
    std::string expected;
};

const Spelling spellings[] = {
    {"PyTorch before opset 17",
     [](Writer& w)
     {
         const ValueId d = w.centred();
         return w.div(d, w.root(w.add(w.mean(w.pow(d, 2)), w.scalar(1e-5f))));
     },
     "LayerNormalization"},
    {"squares by a product, epsilon far below f16's range",
     [](Writer& w)
     {
         const ValueId d = w.centred();
         return w.div(d, w.root(w.add(w.mean(w.mul(d, d)), w.scalar(1e-15f))));
     },
     "LayerNormalization"},
    {"every part computed anew, with a reciprocal",
     [](Writer& w)
     {
         const ValueId squares = w.mul(w.centred(), w.centred());
         return w.mul(w.centred(), w.inverse(w.root(w.add(w.mean(squares), w.scalar(1e-6f)))));
     },
     "LayerNormalization"},
    {"by the power of -0.5",
     [](Writer& w) { return w.mul(w.pow(w.add(w.scalar(1e-6f), w.variance()), -0.5f), w.centred()); },
     "LayerNormalization"},
    {"one over the root",
     [](Writer& w) { return w.mul(w.centred(), w.div(w.scalar(1), w.root(w.add(w.variance(), w.scalar(1e-5f))))); },
     "LayerNormalization"},
    {"epsilon behind the root",
     [](Writer& w) { return w.div(w.centred(), w.add(w.root(w.variance()), w.scalar(1e-6f))); }, "LayerNormalization"},
    {"variance from the mean of squares",
     [](Writer& w)
     {
         const ValueId m = w.mean(w.x);
         const ValueId variance = w.sub(w.mean(w.mul(w.x, w.x)), w.pow(m, 2));
         return w.div(w.sub(w.x, m), w.root(w.add(w.unary(UnaryKind::relu, variance), w.scalar(1e-5f))));
     },
     "LayerNormalization"},
    {"TensorFlow's folded form",
     [](Writer& w)
     {
         const ValueId m = w.mean(w.x);
         const ValueId factor = w.inverse(w.root(w.add(w.variance(), w.scalar(1e-3f))));
         return w.add(w.mul(w.x, factor), w.sub(w.scalar(0.5f), w.mul(m, factor)));
     },
     "LayerNormalization"},
    {"RMS by a reciprocal",
     [](Writer& w) { return w.mul(w.x, w.inverse(w.root(w.add(w.mean(w.pow(w.x, 2)), w.scalar(1e-6f))))); },
     "RMSNormalization"},
    {"RMS by a sum",
     [](Writer& w)
     {
         const int64_t terms = w.graph.values[w.x].shape[size_t(w.axes[0])];
         const ValueId mean = w.div(w.reduce(ReduceKind::sum, w.mul(w.x, w.x)), w.scalar(float(terms)));
         return w.div(w.x, w.root(w.add(mean, w.scalar(1e-12f))));
     },
     "RMSNormalization"},
    {"F.normalize",
     [](Writer& w)
     {
         const ValueId bound = w.graph.add_node(
             "clip", Unary{.kind = UnaryKind::clip, .a = 1e-12f, .b = std::numeric_limits<float>::max()},
             {w.reduce(ReduceKind::l2, w.x)});
         const Shape shape = w.graph.values[w.x].shape;
         return w.div(w.x, w.graph.add_node("expand", Expand{.shape = {shape.begin(), shape.end()}}, {bound}));
     },
     "LpNormalization"},
    {"L2 by a sum of squares and a maximum",
     [](Writer& w) { return w.mul(w.x, w.inverse(w.root(w.max(w.reduce(ReduceKind::sum_square, w.x), 1e-12f)))); },
     "LpNormalization"},
    {"L2 with a maximum of the root",
     [](Writer& w) { return w.div(w.x, w.max(w.root(w.reduce(ReduceKind::sum_square, w.x)), 1e-12f)); },
     "LpNormalization"},
};

} // namespace

TEST_CASE("rewrite: normalisations written out are recognised, and right where their squares leave f16's range")
{
    struct Place
    {
        Shape shape;
        Integers axes;
        Shape parameters;
    };
    const Place places[] = {{{2, 5, 24}, {2}, {24}}, {{1, 21, 3, 5}, {1}, {21, 1, 1}}};
    for (const Spelling& spelling : spellings)
    {
        for (const Place& place : places)
        {
            CAPTURE(spelling.name);
            Writer w(place.shape, place.axes);
            const ValueId normal = spelling.write(w);
            w.graph.outputs = {
                w.add(w.mul(normal, w.parameter(place.parameters, 2)), w.parameter(place.parameters, 3))};
            CHECK(operators_after(w.graph) == std::vector<std::string>{spelling.expected});
            check_range(w.graph);
        }
    }
}

TEST_CASE("rewrite: a normalisation over pixels becomes an instance normalisation, with scale and bias")
{
    Writer w({2, 5, 6, 7}, {2, 3});
    const ValueId d = w.centred();
    const ValueId normal = w.div(d, w.root(w.add(w.mean(w.mul(d, d)), w.scalar(1e-5f))));
    w.graph.outputs = {w.add(w.mul(w.parameter({5, 1, 1}, 2), normal), w.parameter({1, 5, 1, 1}, 3))};
    CHECK(operators_after(w.graph) == std::vector<std::string>{"InstanceNormalization"});
    check_range(w.graph);
}

TEST_CASE("rewrite: a group normalisation is a normalisation of its groups")
{
    Writer w({2, 8, 3, 5}, {2});
    w.x = w.graph.add_node("groups", Reshape{.shape = {0, 4, -1}}, {w.x});
    const ValueId d = w.centred();
    const ValueId normal = w.div(d, w.root(w.add(w.mean(w.mul(d, d)), w.scalar(1e-5f))));
    const ValueId back = w.graph.add_node("back", Reshape{.shape = {2, 8, 3, 5}}, {normal});
    w.graph.outputs = {w.add(w.mul(back, w.parameter({8, 1, 1}, 2)), w.parameter({8, 1, 1}, 3))};
    CHECK(operators_after(w.graph) == std::vector<std::string>{"Reshape", "LayerNormalization", "Reshape", "Mul+Add"});
    check_range(w.graph);
}

TEST_CASE("rewrite: axes that are counted from the end take scale and bias behind the node as well")
{
    for (const NormalizationKind kind : {NormalizationKind::layer, NormalizationKind::l2})
    {
        Writer w({2, 5, 24}, {2});
        const ValueId y = w.graph.add_node("n", LayerNormalization{.kind = kind, .axes = {-1}}, {w.x});
        w.graph.outputs = {w.add(w.mul(y, w.parameter({24}, 2)), w.parameter({24}, 3))};
        CHECK(operators_after(w.graph).size() == 1);
        check_range(w.graph);
    }
}

TEST_CASE("rewrite: an unbiased variance of many values is not taken for that of all")
{
    Writer w({1, 2, 101, 101}, {2, 3});
    const ValueId d = w.centred();
    const ValueId sum = w.reduce(ReduceKind::sum, w.mul(d, d));
    SUBCASE("unbiased")
    {
        w.graph.outputs = {w.div(d, w.root(w.add(w.div(sum, w.scalar(101 * 101 - 1)), w.scalar(1e-5f))))};
        CHECK(operators_after(w.graph).size() > 1);
    }
    SUBCASE("of all")
    {
        w.graph.outputs = {w.div(d, w.root(w.add(w.div(sum, w.scalar(101 * 101)), w.scalar(1e-5f))))};
        CHECK(operators_after(w.graph).size() == 1);
    }
    check_range(w.graph);
}

TEST_CASE("rewrite: a mean that loses its axis and gets it back is the same mean")
{
    Writer w({2, 5, 24}, {2});
    const auto kept = [&](ValueId a) { return w.graph.add_node("axis", Reshape{.shape = {2, 5, 1}}, {a}); };
    const ValueId d = w.sub(w.x, kept(w.reduce(ReduceKind::mean, w.x, false)));
    const ValueId variance = w.reduce(ReduceKind::mean, w.mul(d, d), false);
    w.graph.outputs = {w.div(d, kept(w.root(w.add(variance, w.scalar(1e-6f)))))};
    CHECK(operators_after(w.graph) == std::vector<std::string>{"LayerNormalization"});
    check_range(w.graph);
}

TEST_CASE("rewrite: what is nearly a normalisation is not taken for one, and is right in f16 as well")
{
    Writer w({2, 6, 6}, {2});
    const ValueId d = w.centred();
    SUBCASE("another exponent")
    {
        w.graph.outputs = {w.div(d, w.root(w.add(w.mean(w.pow(w.unary(UnaryKind::abs, d), 2.5f)), w.scalar(1e-5f))))};
    }
    SUBCASE("a mean along another axis")
    {
        const ValueId squares = w.mul(d, d);
        w.axes = {1};
        w.graph.outputs = {w.div(d, w.root(w.add(w.mean(squares), w.scalar(1e-5f))))};
    }
    SUBCASE("a mean that broadcasts along another axis")
    {
        const ValueId mean = w.graph.add_node("axis", Reshape{.shape = {2, 1, 6}}, {w.mean(w.x)});
        const ValueId other = w.sub(w.x, mean);
        w.graph.outputs = {w.div(other, w.root(w.add(w.mean(w.mul(other, other)), w.scalar(1e-5f))))};
    }
    SUBCASE("the mean stays in")
    {
        w.graph.outputs = {w.div(w.x, w.root(w.add(w.mean(w.mul(d, d)), w.scalar(1e-5f))))};
    }
    SUBCASE("the cubic root")
    {
        w.graph.outputs = {w.div(d, w.pow(w.add(w.mean(w.mul(d, d)), w.scalar(1e-5f)), 1.0f / 3))};
    }
    for (const std::string& name : operators_after(w.graph))
        CHECK_MESSAGE(name != "LayerNormalization", name);
    check_range(w.graph);
}

TEST_CASE("rewrite: a normalisation leaves what lies between to its other readers")
{
    Writer w({2, 5, 24}, {2});
    w.x = w.unary(UnaryKind::neg, w.x);
    const ValueId d = w.centred();
    const ValueId variance = w.mean(w.mul(d, d));
    w.graph.outputs = {w.div(d, w.root(w.add(variance, w.scalar(1e-5f)))), variance, d};
    const std::vector<std::string> names = operators_after(w.graph);
    CHECK(std::ranges::count(names, "LayerNormalization") == 1);
    CHECK(std::ranges::count(names, "ReduceMean") == 2);
    check_range(w.graph);
}

TEST_CASE("rewrite: normalisations are right in f16 where nothing is fused, too")
{
    for (const Spelling& spelling : spellings)
    {
        CAPTURE(spelling.name);
        Writer w({1, 21, 3, 5}, {1});
        w.graph.outputs = {spelling.write(w)};
        check_range(w.graph, false);
    }
}

} // namespace vkseg::test::recognise_normalizations_test
