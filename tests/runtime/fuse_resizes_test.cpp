#include "vkseg/session.hpp"

#include "support/check_fusion.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::fuse_resizes_test {

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

} // namespace vkseg::test::fuse_resizes_test
