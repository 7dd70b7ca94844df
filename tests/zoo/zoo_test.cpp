#include "vkseg/segment.hpp"
#include "vkseg/zoo.hpp"

#include "ops/operators.hpp"
#include "runtime/specialize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace vkseg::test::zoo_test {
namespace {

/// At full width and the paper's input: parameters in thousands and multiply-adds in millions, as PyTorch counts them
/// (samples/training/count.py).
struct Size
{
    const char* name;
    int64_t kilo_parameters;
    int64_t mega_multiply_adds;
};

constexpr Size sizes[] = {
    {"fcn-32s", 136153, 181366},
    {"fcn-16s", 134816, 181448},
    {"fcn-8s", 134490, 181529},
    {"fcn-32s-padded", 136153, 111264},
    {"fcn-16s-padded", 134816, 111277},
    {"fcn-8s-padded", 134490, 111306},
    {"fcn-resnet50", 32957, 142726},
    {"deconvnet", 251806, 32746},
    {"segnet", 29449, 106712},
    {"segnet-basic", 1417, 59189},
    {"unet", 31031, 150428},
    {"unet-padded", 31038, 192686},
    {"vnet", 61983, 384639},
    {"deeplab-v1", 20505, 128585},
    {"deeplab-v2-vgg16", 37878, 201956},
    {"deeplab-v2-resnet101", 44049, 188886},
    {"deeplab-v3-resnet50", 39639, 168731},
    {"deeplab-v3-resnet101", 58631, 248752},
    {"deeplab-v3-mobilenet-v3", 11025, 10436},
    {"deeplab-v3-mobilenet-v2", 5114, 6006},
    {"deeplab-v3plus-resnet50", 26696, 39551},
    {"deeplab-v3plus-resnet101", 45688, 60176},
    {"deeplab-v3plus-mobilenet-v2", 2720, 5804},
    {"deeplab-v3plus-xception65", 41055, 54035},
    {"pspnet50", 46783, 161529},
    {"pspnet101", 65707, 516406},
    {"dilated-frontend", 134347, 791562},
    {"dilated8", 141150, 826395},
    {"dilated8-padded", 141150, 619757},
    {"dilated10", 134373, 2647411},
    {"fc-densenet56", 1377, 8917},
    {"fc-densenet67", 3463, 20902},
    {"fc-densenet103", 9322, 20073},
    {"lraspp-mobilenet-v3", 3222, 2086},
    {"crf-rnn", 134491, 181529},
    {"faster-rcnn-vgg16", 137078, 187040},       // of 300 proposals
    {"faster-rcnn-resnet50-c4", 33955, 308646},  // of 300 proposals
    {"mask-rcnn-resnet50-c4", 36076, 400302},    // and 100 instances
    {"faster-rcnn-resnet50-fpn", 41808, 134380}, // of 1000 proposals
    {"mask-rcnn-resnet50-fpn", 44455, 187586},   // and 100 instances
    {"patch-classifier", 219, 121},
    {"patch-classifier-dense", 219, 19461},
};

/// What training learns: batch normalisation's statistics do not count.
int64_t learnt_values(const Graph& graph)
{
    int64_t values = 0;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        if (value.is_weight && value.name.find(".running_") == std::string::npos)
            values += value.shape.elements();
    }
    return values;
}

int64_t multiply_adds_of(const Graph& graph)
{
    int64_t total = 0;
    for (const Node& node : graph.nodes)
    {
        const std::vector<TensorInfo> infos = infos_of(graph, node);
        const Value& value = graph.values[node.outputs[0]];
        const Outputs outputs = {{.type = value.type, .shape = value.shape}};
        total += multiply_adds(node.op, infos, outputs);
    }
    return total;
}

int64_t rounded(int64_t value, int64_t unit)
{
    return (value + unit / 2) / unit;
}

std::string problem(const std::string& name, const ZooOptions& options = {})
{
    return build_network(name, options).status().message();
}

} // namespace

TEST_CASE("zoo: every network has the parameters and multiply-adds of its twin in PyTorch")
{
    const std::vector<ZooNetwork> networks = zoo_networks();
    CHECK(networks.size() == std::size(sizes));
    for (const ZooNetwork& network : networks)
    {
        const auto size =
            std::find_if(std::begin(sizes), std::end(sizes), [&](const Size& s) { return s.name == network.name; });
        REQUIRE_MESSAGE(size != std::end(sizes), network.name);
        const Result<Graph> graph = build_network(network.name);
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        CHECK_MESSAGE(rounded(learnt_values(*graph), 1000) == size->kilo_parameters, network.name);
        CHECK_MESSAGE(rounded(multiply_adds_of(*graph), 1000000) == size->mega_multiply_adds, network.name);
    }
}

TEST_CASE("zoo: a network as narrow as can be still builds, for any number of classes")
{
    for (const ZooNetwork& network : zoo_networks())
    {
        const Result<Graph> graph = build_network(network.name, {.classes = 3, .width = 0.001});
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        const Value& output = graph->values[graph->outputs[0]];
        const bool finds_instances = network.name.find("rcnn") != std::string::npos;
        CHECK(output.name == (finds_instances ? "boxes" : "output"));
        CHECK(output.shape[1] == (finds_instances ? 4 : 3));
    }
}

TEST_CASE("zoo: networks know what their releases make of a picture, where masks cover all of it")
{
    for (const ZooNetwork& network : zoo_networks())
    {
        const Result<Graph> graph = build_network(network.name, {.width = 0.001});
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        const Result<ModelDescription> description = find_description("no such file", *graph);
        const Shape& output = graph->values[graph->outputs[0]].shape;
        const bool is_whole = output.rank() == 4 && output[2] == network.input[2] && output[3] == network.input[3];
        const bool is_padded = network.name == "dilated8-padded"; // an eighth of the picture a side, of all of it
        const bool finds_instances = description.is_ok() && description->kind == OutputKind::instances;
        CHECK(finds_instances == (network.name.find("rcnn") != std::string::npos));
        CHECK_MESSAGE(description.is_ok() == (is_whole || is_padded || finds_instances), network.name);
    }
    const Result<Graph> grey = build_network("unet-padded", {.width = 0.001, .input = {1, 1, 64, 64}});
    REQUIRE(grey.is_ok());
    CHECK_FALSE(find_description("no such file", *grey).is_ok());
}

TEST_CASE("zoo: U-Net loses 92 pixels a side, and only takes sizes that it can halve")
{
    Result<Graph> graph = build_network("unet");
    REQUIRE(graph.is_ok());
    CHECK(graph->values[graph->outputs[0]].shape == Shape{1, 2, 388, 388});
    graph = build_network("unet", {.input = {1, 1, 188, 220}});
    REQUIRE(graph.is_ok());
    CHECK(graph->values[graph->outputs[0]].shape == Shape{1, 2, 4, 36});
}

TEST_CASE("zoo: says what it has when asked for what it has not")
{
    CHECK(problem("u-net").find("the zoo has no network 'u-net'; it has fcn-32s, fcn-16s") == 0);
    CHECK(problem("unet", {.classes = -1}) == "network 'unet': expected 1 to 65536 classes, got -1");
    CHECK(problem("mask-rcnn-resnet50-fpn", {.classes = 1}) ==
          "network 'mask-rcnn-resnet50-fpn': expected 2 classes or more, of which the first is the background, got 1");
    CHECK(problem("unet", {.width = 0}) == "network 'unet': expected a width above 0 and up to 16, got 0.000000");
    CHECK(problem("unet", {.output_stride = 8}) == "network 'unet': expected no output stride, got 8");
    CHECK(problem("deeplab-v3-resnet50", {.output_stride = 12}) ==
          "network 'deeplab-v3-resnet50': expected an output stride of 8 or 16, got 12");
    CHECK(problem("unet", {.input = {1, 1, 64}}) == "network 'unet': expected an input like 1x1x572x572, got 1x1x64");
    CHECK(problem("unet", {.input = {1, 1, 20, 20}})
              .find("network 'unet': layer 'down.2.conv1': window of spatial axis 0 "
                    "leaves no output") == 0);
}

TEST_CASE("zoo: parameters may stand behind the name")
{
    const Result<Graph> graph =
        load_network("deeplab-v3plus-resnet50:classes=5,width=0.0625,input=1x1x65x49,output-stride=8");
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    CHECK(graph->values[graph->outputs[0]].shape == Shape{1, 5, 65, 49});
    CHECK(graph->values[*graph->find_value("backbone.conv1.weight")].shape == Shape{4, 1, 7, 7});
    const auto message = [](const std::string& text) { return load_network(text).status().message(); };
    const std::string expected = ": expected NAME:key=value,... with the keys classes, width, input and output-stride";
    CHECK(message("unet:") == "'unet:'" + expected);
    CHECK(message("unet:classes") == "'unet:classes'" + expected);
    CHECK(message("unet:depth=3") == "'unet:depth=3'" + expected);
    CHECK(message("unet:classes=2,") == "'unet:classes=2,'" + expected);
    CHECK(message("unet:classes=two") == "'unet:classes=two': classes: expected a number above 0, got 'two'");
    CHECK(message("unet:width=-1") == "'unet:width=-1': width: expected a number above 0, got '-1'");
    CHECK(message("unet:input=1x1x0x9") ==
          "'unet:input=1x1x0x9': input: expected a shape such as 1x3x256x256, got '1x1x0x9'");
}

} // namespace vkseg::test::zoo_test
