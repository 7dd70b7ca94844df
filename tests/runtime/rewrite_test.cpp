#include "vkseg/session.hpp"

#include "support/check_op.hpp"
#include "support/devices.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg {
namespace {

using test::random;

ValueId batch_normalization(Graph& graph, const std::string& name, ValueId x, int64_t channels)
{
    const auto parameter = [&](const std::string& what, uint32_t seed)
    { return graph.add_constant(name + "." + what, random({channels}, 0.5f, 1.5f, seed)); };
    return graph.add_node(
        name, BatchNormalization{},
        {x, parameter("scale", 1), parameter("bias", 2), parameter("mean", 3), parameter("variance", 4)});
}

std::vector<std::string> operators(const Graph& graph)
{
    std::vector<std::string> names;
    for (const Node& node : graph.nodes)
        names.push_back(name(node.op));
    return names;
}

std::vector<std::string> operators_after(const Graph& graph)
{
    const Result<Graph> specialized = specialize(graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    return operators(*specialized);
}

/// Fused and not fused, the network computes the same.
void check_fusion(const Graph& graph, const Shape& input)
{
    const std::vector<NamedTensor> inputs = {{"x", random(input)}};
    for (const test::TestDevice& device : test::devices())
    {
        INFO(device.name);
        std::vector<std::vector<float>> results;
        for (const bool fuse : {true, false})
        {
            Result<Session> session = Session::create(device.device, graph, {.fuse = fuse});
            REQUIRE(session.is_ok());
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            results.push_back(result->outputs[0].tensor.to_floats());
        }
        REQUIRE(results[0].size() == results[1].size());
        for (size_t i = 0; i < results[0].size(); ++i)
            REQUIRE(results[0][i] == doctest::Approx(results[1][i]).epsilon(1e-4));
        test::count_check(device.name);
    }
}

TEST_CASE("rewrite: batch normalisation and activation become part of a convolution")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 6, 5});
    const ValueId weights = graph.add_constant("weights", random({6, 2, 3, 3}));
    const ValueId conv = graph.add_node("conv", Conv{.window = {.pads = {1, 1, 1, 1}}, .groups = 2}, {x, weights});
    const ValueId normalized = batch_normalization(graph, "bn", conv, 6);
    graph.outputs = {graph.add_node("relu", Unary{.kind = UnaryKind::leaky_relu, .a = 0.1f}, {normalized})};
    CHECK(operators_after(graph) == std::vector<std::string>{"Conv"});
    check_fusion(graph, {1, 4, 6, 5});
}

TEST_CASE("rewrite: batch normalisation folds into the right channels of a grouped transposed convolution")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 3, 4});
    const ValueId weights = graph.add_constant("weights", random({4, 3, 2, 2}));
    const ValueId bias = graph.add_constant("bias", random({6}));
    const ValueId conv =
        graph.add_node("conv", ConvTranspose{.window = {.strides = {2, 2}}, .groups = 2}, {x, weights, bias});
    graph.outputs = {batch_normalization(graph, "bn", conv, 6)};
    CHECK(operators_after(graph) == std::vector<std::string>{"ConvTranspose"});
    check_fusion(graph, {1, 4, 3, 4});
}

TEST_CASE("rewrite: a result that something else reads is left as it is")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
    const ValueId weights = graph.add_constant("weights", random({5, 3, 1, 1}));
    const ValueId conv = graph.add_node("conv", Conv{}, {x, weights});
    const ValueId relu = graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {conv});
    SUBCASE("an output of the graph")
    {
        graph.outputs = {relu, conv};
        CHECK(operators_after(graph) == std::vector<std::string>{"Conv", "Relu"});
    }
    SUBCASE("another node")
    {
        graph.outputs = {graph.add_node("sum", Binary{}, {relu, conv})};
        CHECK(operators_after(graph) == std::vector<std::string>{"Conv", "Relu+Add"});
    }
    check_fusion(graph, {1, 3, 4, 4});
}

TEST_CASE("rewrite: an addition becomes the residual of a convolution")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 6, 4});
    const ValueId weights = graph.add_constant("weights", random({5, 5, 3, 3}, -0.3f, 0.3f));
    const Conv same = {.window = {.pads = {1, 1, 1, 1}}};
    const ValueId conv = graph.add_node("conv", same, {x, weights});
    const auto add = [&](ValueId a, ValueId b) { return graph.add_node("sum", Binary{}, {a, b}); };
    const auto relu = [&](ValueId a) { return graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {a}); };
    std::vector<std::string> expected;
    SUBCASE("before an activation")
    {
        graph.outputs = {relu(add(conv, x))};
        expected = {"Conv"};
    }
    SUBCASE("behind one, the convolution being the second term")
    {
        graph.outputs = {add(x, relu(conv))};
        expected = {"Conv"};
    }
    SUBCASE("computed after the convolution")
    {
        const ValueId other =
            graph.add_node("pool", Pool{.kind = PoolKind::average, .window = {{3, 3}, {}, {}, {1, 1, 1, 1}}}, {x});
        graph.outputs = {add(conv, other)};
        expected = {"AveragePool", "Conv"};
    }
    SUBCASE("of two convolutions, only one does")
    {
        graph.outputs = {relu(add(conv, graph.add_node("other", same, {x, weights})))};
        expected = {"Conv", "Conv"};
    }
    SUBCASE("not behind an activation that kernels do not fuse")
    {
        graph.outputs = {add(graph.add_node("mish", Unary{.kind = UnaryKind::mish}, {conv}), x)};
        expected = {"Conv", "Mish", "Add"};
    }
    SUBCASE("not when broadcast")
    {
        graph.outputs = {add(conv, graph.add_node("mean", Reduce{.kind = ReduceKind::mean, .axes = {2, 3}}, {x}))};
        expected = {"Conv", "ReduceMean", "Add"};
    }
    SUBCASE("not when the convolution's own result is wanted")
    {
        graph.outputs = {add(conv, x), conv};
        expected = {"Conv", "Add"};
    }
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {1, 5, 6, 4});
}

TEST_CASE("rewrite: a convolution applies one activation, not two")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
    const ValueId weights = graph.add_constant("weights", random({5, 3, 1, 1}));
    const ValueId conv = graph.add_node("conv", Conv{}, {x, weights});
    const ValueId relu = graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {conv});
    graph.outputs = {
        batch_normalization(graph, "bn", graph.add_node("sigmoid", Unary{.kind = UnaryKind::sigmoid}, {relu}), 5)};
    CHECK(operators_after(graph) == std::vector<std::string>{"Conv", "Sigmoid", "BatchNormalization"});
    check_fusion(graph, {1, 3, 4, 4});
}

TEST_CASE("rewrite: a pointwise convolution works before the upsampling in front of it")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    const ValueId weights = graph.add_constant("weights", random({3, 6, 1, 1}));
    const ValueId bias = graph.add_constant("bias", random({3}));
    Resize up = {.mode = ResizeMode::linear, .sizes = {2, 6, 9, 10}};
    Conv conv;
    bool swaps = true;
    SUBCASE("linear, to sizes") {}
    SUBCASE("cubic, the sizes of some axes")
    {
        up = {.mode = ResizeMode::cubic, .sizes = {8, 10}, .axes = {2, 3}};
    }
    SUBCASE("by scales, aligned at the corners")
    {
        up = {.mode = ResizeMode::linear,
              .coordinates = CoordinateTransformation::align_corners,
              .scales = {1, 1, 2, 2.5f}};
    }
    SUBCASE("nearest, with an activation")
    {
        up = {.scales = {1, 1, 3, 2}};
        conv.activation = {.kind = UnaryKind::relu};
    }
    SUBCASE("not linear with an activation")
    {
        conv.activation = {.kind = UnaryKind::relu};
        swaps = false;
    }
    SUBCASE("not to fewer pixels")
    {
        up.sizes = {2, 6, 9, 4};
        swaps = false;
    }
    SUBCASE("not with another window")
    {
        conv.window = {.strides = {2, 2}};
        swaps = false;
    }
    const ValueId resized = graph.add_node("up", up, {x});
    graph.outputs = {graph.add_node("conv", conv, {resized, weights, bias})};
    const std::vector<std::string> expected =
        swaps ? std::vector<std::string>{"Conv", "Resize"} : std::vector<std::string>{"Resize", "Conv"};
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {2, 6, 4, 5});
}

TEST_CASE("rewrite: doubling by nearest neighbours becomes part of the convolution behind it")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 4, 7});
    const ValueId weights = graph.add_constant("weights", random({6, 5, 3, 3}));
    Resize up = {.coordinates = CoordinateTransformation::asymmetric,
                 .nearest_mode = NearestMode::floor,
                 .scales = {1, 1, 2, 2}};
    Conv conv = {.window = {.pads = {1, 1, 1, 1}}, .activation = {UnaryKind::relu}};
    bool merges = true;
    SUBCASE("asymmetric, floor") {}
    SUBCASE("half a pixel, rounded")
    {
        up = {.sizes = {1, 5, 8, 14}};
    }
    SUBCASE("padded as the input is")
    {
        conv.window = {.auto_pad = AutoPad::same_upper};
    }
    SUBCASE("not by the rounding that moves everything")
    {
        up.nearest_mode = NearestMode::ceil;
        merges = false;
    }
    SUBCASE("not without padding")
    {
        conv.window.pads = {};
        merges = false;
    }
    SUBCASE("not by three")
    {
        up.scales = {1, 1, 2, 3};
        merges = false;
    }
    const ValueId resized = graph.add_node("up", up, {x});
    graph.outputs = {graph.add_node("conv", conv, {resized, weights})};
    const std::vector<std::string> expected =
        merges ? std::vector<std::string>{"ConvTranspose"} : std::vector<std::string>{"Resize", "Conv"};
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {1, 5, 4, 7});
}

TEST_CASE("rewrite: a scale of channels becomes part of the convolution behind it")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    const ValueId relu = graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {x});
    const ValueId mean = graph.add_node("mean", Reduce{.all_spatial = true}, {relu});
    ValueId product = graph.add_node("scale", Binary{BinaryKind::mul}, {relu, mean});
    Conv conv;
    int64_t outputs = 3;
    int64_t kernel = 1;
    bool merges = true;
    SUBCASE("squeeze and excitation") {}
    SUBCASE("of as many outputs, with a residual")
    {
        outputs = 6;
    }
    SUBCASE("the scale in front")
    {
        product = graph.add_node("reversed", Binary{BinaryKind::mul}, {mean, relu});
    }
    SUBCASE("not with larger windows")
    {
        kernel = 3;
        merges = false;
    }
    SUBCASE("not where there are more weights to scale than pixels")
    {
        outputs = 20;
        merges = false;
    }
    SUBCASE("not another product")
    {
        product = graph.add_node("square", Binary{BinaryKind::mul}, {relu, relu});
        merges = false;
    }
    SUBCASE("not where strides leave pixels out")
    {
        conv.window = {.strides = {2, 2}};
        merges = false;
    }
    const ValueId weights = graph.add_constant("weights", random({outputs, 6, kernel, kernel}));
    graph.outputs = {graph.add_node("conv", conv, {product, weights})};
    if (outputs == 6)
        graph.outputs = {graph.add_node("sum", Binary{}, {graph.outputs[0], x})};
    const std::vector<std::string> names = operators_after(graph);
    CHECK((std::find(names.begin(), names.end(), "Mul") == names.end()) == merges);
    check_fusion(graph, {2, 6, 4, 5});
}

TEST_CASE("rewrite: elementwise operators that follow each other become one")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    const auto unary = [&](UnaryKind kind, ValueId a) { return graph.add_node("u", Unary{.kind = kind}, {a}); };
    const auto binary = [&](BinaryKind kind, ValueId a, ValueId b) {
        return graph.add_node("b", Binary{kind}, {a, b});
    };
    const auto scalar = [&](float value) { return graph.add_constant("scalar", Tensor::from({}, {value})); };
    std::vector<std::string> expected;
    SUBCASE("an input may be read again")
    {
        graph.outputs = {binary(BinaryKind::mul, x, unary(UnaryKind::sigmoid, x))};
        expected = {"Sigmoid+Mul"};
    }
    SUBCASE("constants on either side")
    {
        const ValueId difference = binary(BinaryKind::sub, scalar(1), unary(UnaryKind::exp, x));
        graph.outputs = {binary(BinaryKind::div, difference, scalar(3))};
        expected = {"Exp+Sub+Div"};
    }
    SUBCASE("a scale of channels and an addition")
    {
        const ValueId mean = graph.add_node("mean", Reduce{.all_spatial = true}, {x});
        graph.outputs = {binary(BinaryKind::add, x, binary(BinaryKind::mul, x, unary(UnaryKind::sigmoid, mean)))};
        expected = {"GlobalAveragePool", "Sigmoid", "Mul+Add"};
    }
    SUBCASE("constants of channels")
    {
        const ValueId scale = graph.add_constant("scale", random({6, 1, 1}));
        graph.outputs = {unary(UnaryKind::relu, binary(BinaryKind::mul, scale, x))};
        expected = {"Mul+Relu"};
    }
    SUBCASE("not beyond three inputs")
    {
        ValueId sum = x;
        for (uint32_t i = 0; i < 4; ++i)
            sum = binary(BinaryKind::add, sum, graph.add_constant("c", random({2, 6, 4, 5}, -1, 1, i)));
        graph.outputs = {sum};
        expected = {"Add+Add", "Add+Add"};
    }
    SUBCASE("not beyond six steps")
    {
        ValueId value = x;
        for (int i = 0; i < 7; ++i)
            value = binary(BinaryKind::add, value, scalar(float(i)));
        graph.outputs = {value};
        expected = {"Add+Add+Add+Add+Add+Add", "Add"};
    }
    SUBCASE("not what something else reads")
    {
        const ValueId relu = unary(UnaryKind::relu, x);
        graph.outputs = {unary(UnaryKind::abs, relu), relu};
        expected = {"Relu", "Abs"};
    }
    SUBCASE("not functions that chains do not have")
    {
        graph.outputs = {unary(UnaryKind::abs, unary(UnaryKind::erf, x))};
        expected = {"Erf", "Abs"};
    }
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {2, 6, 4, 5});
}

TEST_CASE("rewrite: a search along channels keeps the axis, and resizes on the way")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    Resize up = {.mode = ResizeMode::linear, .scales = {1, 1, 2, 2}};
    ArgReduce search = {.axis = 1, .keep_dims = false};
    std::vector<std::string> expected;
    SUBCASE("the axis dropped")
    {
        expected = {"ArgMax", "Reshape"};
    }
    SUBCASE("counted from behind")
    {
        search.axis = -3;
        expected = {"ArgMax", "Reshape"};
    }
    SUBCASE("the axis kept")
    {
        search.keep_dims = true;
        expected = {"ArgMax"};
    }
    SUBCASE("not from cubic interpolation")
    {
        up.mode = ResizeMode::cubic;
        expected = {"Resize", "ArgMax", "Reshape"};
    }
    SUBCASE("not along other axes")
    {
        search.axis = 2;
        expected = {"Resize", "ArgMax"};
    }
    graph.outputs = {graph.add_node("search", search, {graph.add_node("up", up, {x})})};
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {2, 6, 4, 5});
}

TEST_CASE("rewrite: activations written out as arithmetic are recognised")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    const auto unary = [&](UnaryKind kind, ValueId a, float p = 0, float q = 0)
    { return graph.add_node("u", Unary{.kind = kind, .a = p, .b = q}, {a}); };
    const auto binary = [&](BinaryKind kind, ValueId a, ValueId b) {
        return graph.add_node("b", Binary{kind}, {a, b});
    };
    const auto scalar = [&](float value) { return graph.add_constant("scalar", Tensor::from({}, {value})); };
    const auto times = [&](ValueId a, ValueId b) { return binary(BinaryKind::mul, a, b); };
    const auto plus = [&](ValueId a, ValueId b) { return binary(BinaryKind::add, a, b); };
    const auto over = [&](ValueId a, float b) { return binary(BinaryKind::div, a, scalar(b)); };
    const auto clip6 = [&](ValueId a) { return unary(UnaryKind::clip, plus(a, scalar(3)), 0, 6); };
    const auto erf_gate = [&] { return plus(unary(UnaryKind::erf, over(x, 1.41421356f)), scalar(1)); };
    std::vector<std::string> expected;
    SUBCASE("GELU, halved at the end")
    {
        graph.outputs = {times(times(x, erf_gate()), scalar(0.5f))};
        expected = {"Gelu"};
    }
    SUBCASE("GELU, halved at first")
    {
        graph.outputs = {times(times(scalar(0.5f), x), erf_gate())};
        expected = {"Gelu"};
    }
    SUBCASE("GELU by tanh")
    {
        const ValueId cube = binary(BinaryKind::pow, x, scalar(3));
        const ValueId inner = times(plus(x, times(cube, scalar(0.044715f))), scalar(0.79788456f));
        graph.outputs = {times(scalar(0.5f), times(x, plus(scalar(1), unary(UnaryKind::tanh, inner))))};
        expected = {"Gelu"};
    }
    SUBCASE("hard swish, divided at the end")
    {
        graph.outputs = {over(times(x, clip6(x)), 6)};
        expected = {"HardSwish"};
    }
    SUBCASE("hard swish, divided before, and behind a convolution")
    {
        const ValueId weights = graph.add_constant("weights", random({3, 6, 1, 1}));
        const ValueId conv = graph.add_node("conv", Conv{}, {x, weights});
        graph.outputs = {times(over(clip6(conv), 6), conv)};
        expected = {"Conv"};
    }
    SUBCASE("hard swish by a hard sigmoid")
    {
        graph.outputs = {times(x, unary(UnaryKind::hard_sigmoid, x, 1.0f / 6, 0.5f))};
        expected = {"HardSwish"};
    }
    SUBCASE("hard sigmoid")
    {
        graph.outputs = {over(clip6(x), 6)};
        expected = {"HardSigmoid"};
    }
    SUBCASE("Mish")
    {
        graph.outputs = {times(x, unary(UnaryKind::tanh, unary(UnaryKind::softplus, x)))};
        expected = {"Mish"};
    }
    SUBCASE("not with another constant")
    {
        graph.outputs = {over(times(x, clip6(x)), 5)};
        expected = {"Add+Clip+Mul+Div"};
    }
    SUBCASE("not of two values")
    {
        const ValueId other = unary(UnaryKind::abs, x);
        graph.outputs = {over(times(x, clip6(other)), 6)};
        expected = {"Abs+Add+Clip+Mul+Div"};
    }
    SUBCASE("not where something else reads what is between")
    {
        const ValueId clip = clip6(x);
        graph.outputs = {over(times(x, clip), 6), clip};
        expected = {"Add+Clip", "Mul+Div"};
    }
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {2, 6, 4, 5});
}

TEST_CASE("rewrite: zeros around the input of a convolution become its padding")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 5, 6, 7});
    const ValueId weights = graph.add_constant("weights", random({6, 5, 3, 3}));
    Pad pad = {.pads = {0, 0, 0, 1, 0, 0, 1, 2}};
    Conv conv = {.window = {.strides = {2, 2}}};
    bool merges = true;
    SUBCASE("more behind than in front, as TensorFlow pads") {}
    SUBCASE("beside the convolution's own")
    {
        conv.window.pads = {1, 0, 2, 1};
    }
    SUBCASE("beside what follows from the padded input")
    {
        conv.window.auto_pad = AutoPad::same_lower;
    }
    SUBCASE("of some axes")
    {
        pad = {.pads = {1, 1}, .axes = {3}};
    }
    SUBCASE("not by another value")
    {
        pad.value = 1;
        merges = false;
    }
    SUBCASE("not by the edge's values")
    {
        pad.mode = PadMode::edge;
        merges = false;
    }
    SUBCASE("not where it crops")
    {
        pad.pads = {0, 0, -1, 1, 0, 0, 1, 2};
        merges = false;
    }
    graph.outputs = {graph.add_node("conv", conv, {graph.add_node("pad", pad, {x}), weights})};
    const std::vector<std::string> expected =
        merges ? std::vector<std::string>{"Conv"} : std::vector<std::string>{"Pad", "Conv"};
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {1, 5, 6, 7});
}

TEST_CASE("rewrite: convolutions of volumes absorb what those of planes do")
{
    Graph graph;
    const Shape shape = {2, 5, 4, 6, 7};
    const ValueId x = graph.add_input("x", DType::f32, shape);
    const auto weights = [&](const Shape& of) { return graph.add_constant("weights", random(of, -0.3f, 0.3f)); };
    const Conv same = {.window = {.pads = Integers(6, 1)}};
    std::vector<std::string> expected = {"Conv"};
    SUBCASE("batch normalisation and activation")
    {
        const ValueId conv = graph.add_node("conv", same, {x, weights({6, 5, 3, 3, 3})});
        graph.outputs = {
            graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {batch_normalization(graph, "bn", conv, 6)})};
    }
    SUBCASE("an addition and padding")
    {
        const ValueId padded = graph.add_node("pad", Pad{.pads = {0, 0, 2, 1, 0, 0, 0, 0, 1, 2}}, {x});
        const ValueId conv = graph.add_node("conv", Conv{}, {padded, weights({5, 5, 3, 3, 3})});
        graph.outputs = {
            graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {graph.add_node("sum", Binary{}, {conv, x})})};
    }
    SUBCASE("batch normalisation, transposed")
    {
        const ConvTranspose doubling = {.window = {.strides = {2, 2, 2}}};
        const ValueId conv = graph.add_node("conv", doubling, {x, weights({5, 6, 2, 2, 2})});
        graph.outputs = {batch_normalization(graph, "bn", conv, 6)};
        expected = {"ConvTranspose"};
    }
    SUBCASE("a scale of channels")
    {
        const ValueId scale = graph.add_node("mean", Reduce{.kind = ReduceKind::mean, .axes = {2, 3, 4}}, {x});
        const ValueId scaled = graph.add_node("scaled", Binary{.kind = BinaryKind::mul}, {x, scale});
        graph.outputs = {graph.add_node("conv", Conv{}, {scaled, weights({6, 5, 1, 1, 1})})};
        expected = {"ReduceMean", "Conv"};
    }
    SUBCASE("and work before upsampling")
    {
        const Resize up = {.mode = ResizeMode::linear, .scales = {1, 1, 2, 2, 2}};
        graph.outputs = {graph.add_node("conv", Conv{}, {graph.add_node("up", up, {x}), weights({3, 5, 1, 1, 1})})};
        expected = {"Conv", "Resize"};
    }
    SUBCASE("but not doubling")
    {
        const Resize up = {.coordinates = CoordinateTransformation::asymmetric,
                           .nearest_mode = NearestMode::floor,
                           .scales = {1, 1, 2, 2, 2}};
        graph.outputs = {graph.add_node("conv", same, {graph.add_node("up", up, {x}), weights({3, 5, 3, 3, 3})})};
        expected = {"Resize", "Conv"};
    }
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, shape);
}

TEST_CASE("rewrite: identities go, and names of outputs stay")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
    const ValueId same = graph.add_node("identity", Unary{}, {x});
    const ValueId cast = graph.add_node("cast", Cast{.to = DType::f16}, {same});
    const ValueId flat = graph.add_node("reshape", Reshape{.shape = {1, 3, 4, 4}}, {cast});
    const ValueId relu = graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {flat});
    graph.outputs = {relu, graph.add_node("out", Unary{}, {relu})};
    CHECK(operators_after(graph) == std::vector<std::string>{"Relu", "Identity"});
    check_fusion(graph, {1, 3, 4, 4});
}

} // namespace
} // namespace vkseg
