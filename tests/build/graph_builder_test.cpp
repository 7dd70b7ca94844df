#include "vkseg/graph_builder.hpp"

#include "reference/evaluate.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::graph_builder_test {
namespace {

Shape shape_of(const Graph& graph, const std::string& name)
{
    const std::optional<ValueId> id = graph.find_value(name);
    return id ? graph.values[*id].shape : Shape();
}

} // namespace

TEST_CASE("graph builder: weights bear PyTorch's names and shapes, and are open")
{
    GraphBuilder net("net");
    ValueId x = net.input("input", {1, 3, 17, 13});
    x = net.conv(x, "stem.conv", {.channels = 8, .kernel = {3, 5}, .stride = 2, .padding = {1, 2}, .has_bias = false});
    CHECK(net.shape(x) == Shape{1, 8, 9, 7});
    x = net.prelu(net.batch_norm(x, "stem.bn"), "stem.act");
    x = net.conv(x, "depthwise", {.channels = 8, .padding = 1, .groups = 8});
    x = net.conv_transpose(x, "up", {.channels = 4});
    CHECK(net.shape(x) == Shape{1, 4, 18, 14});
    const Result<Graph> graph = net.finish({x}, {"output"});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    CHECK(shape_of(*graph, "stem.conv.weight") == Shape{8, 3, 3, 5});
    CHECK_FALSE(graph->find_value("stem.conv.bias"));
    for (const char* part : {"weight", "bias", "running_mean", "running_var"})
        CHECK(shape_of(*graph, std::string("stem.bn.") + part) == Shape{8});
    CHECK(shape_of(*graph, "stem.act.weight") == Shape{8});
    CHECK(shape_of(*graph, "depthwise.weight") == Shape{8, 1, 3, 3});
    CHECK(shape_of(*graph, "up.weight") == Shape{8, 4, 2, 2});
    CHECK(shape_of(*graph, "up.bias") == Shape{4});
    for (const ValueId id : graph->inputs)
        CHECK(graph->values[id].is_weight == (graph->values[id].name != "input"));
    CHECK(graph->values[graph->outputs[0]].name == "output");
}

TEST_CASE("graph builder: layers of one name share weights, if they are alike")
{
    GraphBuilder net("net");
    const ValueId x = net.input("input", {1, 4, 8, 8});
    const ValueId twice = net.conv(net.conv(x, "step", {.channels = 4}), "step", {.channels = 4});
    Result<Graph> graph = net.finish({twice});
    REQUIRE(graph.is_ok());
    CHECK(graph->inputs.size() == 3);

    GraphBuilder other("other");
    const ValueId y = other.input("input", {1, 4, 8, 8});
    const ValueId wrong = other.conv(other.conv(y, "step", {.channels = 4}), "step", {.channels = 5});
    CHECK(other.finish({wrong}).status().message() ==
          "network 'other': layer 'step.weight': expected shape 5x4x3x3, but a layer of that name has 4x4x3x3");
}

TEST_CASE("graph builder: the first mistake is told, and what follows does no harm")
{
    GraphBuilder net("net");
    ValueId x = net.input("input", {1, 4, 8, 8});
    x = net.conv(x, "too_large", {.channels = 4, .kernel = 9});
    x = net.adaptive_average_pool(net.batch_norm(net.conv(x, "next", {.channels = 4}), "norm"), 3);
    x = net.max_unpool(x, x, net.center_crop_like(x, net.resize_like(net.concat({x, x}), x)));
    const Status status = net.finish({net.add(x, x)}).status();
    CHECK(status.message().find("network 'net': layer 'too_large': window of spatial axis 0 leaves no output") == 0);

    GraphBuilder crops("crops");
    const ValueId small = crops.input("small", {1, 1, 4, 4});
    const ValueId large = crops.input("large", {1, 1, 6, 6});
    CHECK(crops.finish({crops.crop_like(large, small, 3)}).status().message() ==
          "network 'crops': layer 'crop': a window of the size of 1x1x4x4 at offset 3 does not fit into 1x1x6x6");
}

TEST_CASE("graph builder: adaptive pooling covers every extent, with bins that may overlap")
{
    GraphBuilder net("net");
    const ValueId x = net.input("input", {1, 1, 1, 7});
    // PyTorch: bins 0…3, 2…5, 4…7 of 7 values; along the axis of extent 1 every bin covers all of it.
    Result<Graph> graph = net.finish({net.adaptive_average_pool(x, 3)}, {"output"});
    REQUIRE(graph.is_ok());
    CHECK(shape_of(*graph, "output") == Shape{1, 1, 3, 3});
    REQUIRE(graph->freeze_input("input", Tensor::from({1, 1, 1, 7}, {1, 2, 4, 8, 16, 32, 64})).is_ok());
    const Result<Graph> folded = specialize(*graph);
    REQUIRE_MESSAGE(folded.is_ok(), folded.status().message());
    const std::optional<Tensor>& result = folded->values[folded->outputs[0]].constant;
    REQUIRE(result);
    const std::vector<float> values = result->to_floats();
    for (size_t row = 0; row < 3; ++row)
    {
        CHECK(values[row * 3 + 0] == doctest::Approx(7.0 / 3));
        CHECK(values[row * 3 + 1] == doctest::Approx(28.0 / 3));
        CHECK(values[row * 3 + 2] == doctest::Approx(112.0 / 3));
    }
}

} // namespace vkseg::test::graph_builder_test
