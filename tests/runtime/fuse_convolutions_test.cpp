#include "vkseg/session.hpp"

#include "support/check_fusion.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::fuse_convolutions_test {

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

} // namespace vkseg::test::fuse_convolutions_test
