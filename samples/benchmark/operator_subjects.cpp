#include "cli/common.hpp"
#include "subjects.hpp"

#include "vkseg/graph_builder.hpp"
#include "vkseg/weights.hpp"

namespace vkseg::benchmark {
namespace {

/// One layer on one square input with `channels` channels.
template <class Add>
Subject subject(std::string name, int64_t channels, int64_t extent, Add add)
{
    const auto load = [=]
    {
        GraphBuilder net(name);
        const ValueId x = net.input("x", {1, channels, extent, extent});
        Graph graph = cli::take(net.finish({add(net, x)}));
        invent_weights(graph);
        return graph;
    };
    return {.name = name, .kind = SubjectKind::operators, .load = load};
}

/// A convolution followed by relu.
Subject conv(std::string name, int64_t channels, int64_t extent, const ConvLayer& layer)
{
    return subject(std::move(name), channels, extent,
                   [=](GraphBuilder& net, ValueId x) { return net.relu(net.conv(x, "conv", layer)); });
}

Subject conv_transpose(std::string name, int64_t channels, int64_t extent, const ConvTransposeLayer& layer)
{
    return subject(std::move(name), channels, extent,
                   [=](GraphBuilder& net, ValueId x) { return net.conv_transpose(x, "conv", layer); });
}

} // namespace

std::vector<Subject> operator_subjects()
{
    using B = GraphBuilder;
    return {
        conv("conv 3x3 64->64 @128x128", 64, 128, {.channels = 64, .padding = 1}),
        conv("conv 3x3 256->256 @32x32", 256, 32, {.channels = 256, .padding = 1}),
        conv("conv 1x1 256->256 @64x64", 256, 64, {.channels = 256, .kernel = 1}),
        conv("depthwise 3x3 128 @128x128", 128, 128, {.channels = 128, .padding = 1, .groups = 128}),
        conv("conv 3x3 dilation 4 256->256 @33x33", 256, 33, {.channels = 256, .padding = 4, .dilation = 4}),
        conv_transpose("transposed 2x2 s2 256->128 @32x32", 256, 32, {.channels = 128}),
        conv_transpose("transposed 4x4 s2 p1 64->64 @64x64", 64, 64, {.channels = 64, .kernel = 4, .padding = 1}),
        subject("max-pool 2x2 64 @128x128", 64, 128, [](B& net, ValueId x) { return net.max_pool(x); }),
        subject("bilinear x8 21 @32x32", 21, 32, [](B& net, ValueId x) { return net.resize(x, 256); }),
        subject("bicubic x2 64 @64x64", 64, 64,
                [](B& net, ValueId x) { return net.resize(x, 128, {.mode = ResizeMode::cubic}); }),
        conv("first layer 3x3 s2 3->64 @256x256", 3, 256, {.channels = 64, .stride = 2, .padding = 1}),
        subject("last layer 1x1 64->2 @256x256", 64, 256,
                [](B& net, ValueId x) { return net.conv(x, "conv", {.channels = 2, .kernel = 1}); }),
        subject("add, relu 64 @128x128", 64, 128,
                [](B& net, ValueId x) { return net.relu(net.add(x, net.input("y", net.shape(x)))); }),
        subject("softmax 21 @256x256", 21, 256, [](B& net, ValueId x) { return net.softmax(x); }),
        subject("argmax 21 @256x256", 21, 256, [](B& net, ValueId x) { return net.node(ArgReduce{.axis = 1}, {x}); }),
        subject("concat 64 + 64 @128x128", 64, 128,
                [](B& net, ValueId x) {
                    return net.concat({x, net.input("y", net.shape(x))});
                }),
    };
}

} // namespace vkseg::benchmark
