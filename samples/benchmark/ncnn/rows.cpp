#include "network.hpp"

#include <utility>

namespace comparison {
namespace {

constexpr Activation relu = Activation::relu;
constexpr Activation relu6 = Activation::relu6;

/// One operator alone: `add` appends it to an input.
template <class Add>
Row operator_row(std::string name, const Extent& extent, Add add)
{
    Row row;
    row.name = std::move(name);
    add(row.network, row.network.input(extent));
    return row;
}

Row conv_row(std::string name, const Extent& extent, const ConvSettings& settings)
{
    return operator_row(std::move(name), extent,
                        [&](Network& network, const Tensor& input) { network.conv(input, settings); });
}

Row transposed_conv_row(std::string name, const Extent& extent, const ConvSettings& settings)
{
    return operator_row(std::move(name), extent,
                        [&](Network& network, const Tensor& input) { network.transposed_conv(input, settings); });
}

Row resize_row(std::string name, const Extent& extent, const ResizeSettings& settings)
{
    return operator_row(std::move(name), extent,
                        [&](Network& network, const Tensor& input) { network.resize(input, settings); });
}

Tensor conv3x3(Network& network, const Tensor& from, int channels)
{
    return network.conv(from, {.channels = channels, .kernel = 3, .padding = 1, .activation = relu});
}

/// Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597, with padded convolutions.
Network u_net(int size)
{
    Network network;
    Tensor x = network.input({3, size, size});
    std::vector<Tensor> skips;
    for (const int channels : {64, 128, 256, 512})
    {
        skips.push_back(conv3x3(network, conv3x3(network, x, channels), channels));
        x = network.max_pool(skips.back(), 2);
    }
    x = conv3x3(network, conv3x3(network, x, 1024), 1024);
    for (const int channels : {512, 256, 128, 64})
    {
        x = network.transposed_conv(x, {.channels = channels, .kernel = 2, .stride = 2});
        x = network.concat({skips.back(), x});
        skips.pop_back();
        x = conv3x3(network, conv3x3(network, x, channels), channels);
    }
    network.conv(x, {.channels = 2});
    return network;
}

/// Long et al. 2015, https://arxiv.org/abs/1411.4038, on VGG16, padded so that nothing is cropped.
Network fcn8s(int size)
{
    constexpr int classes = 21;
    Network network;
    Tensor x = network.input({3, size, size});
    std::vector<Tensor> pools;
    for (const auto& [channels, convs] : {std::pair{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}})
    {
        for (int i = 0; i < convs; ++i)
            x = conv3x3(network, x, channels);
        x = network.max_pool(x, 2);
        pools.push_back(x);
    }
    const auto score = [&](const Tensor& from) { return network.conv(from, {.channels = classes}); };
    const auto upscore = [&](const Tensor& from, int stride)
    {
        return network.transposed_conv(
            from,
            {.channels = classes, .kernel = 2 * stride, .stride = stride, .padding = stride / 2, .has_bias = false});
    };
    x = network.conv(x, {.channels = 4096, .kernel = 7, .padding = 3, .activation = relu});
    x = network.conv(x, {.channels = 4096, .activation = relu});
    x = network.add(upscore(score(x), 2), score(pools[3]));
    x = network.add(upscore(x, 2), score(pools[2]));
    upscore(x, 8);
    return network;
}

struct Separable
{
    int channels = 0;
    int dilation = 1;
};

Tensor separable_conv(Network& network, const Tensor& from, const Separable& settings)
{
    const Tensor x = network.conv(from, {.channels = from.extent.channels,
                                         .kernel = 3,
                                         .dilation = settings.dilation,
                                         .padding = settings.dilation,
                                         .is_depthwise = true,
                                         .activation = relu});
    return network.conv(x, {.channels = settings.channels, .activation = relu});
}

struct InvertedResidual
{
    int expansion = 6;
    int channels = 0;
    int stride = 1;
    int dilation = 1;
};

Tensor inverted_residual(Network& network, const Tensor& from, const InvertedResidual& settings)
{
    Tensor x = from;
    const int expanded = settings.expansion * from.extent.channels;
    if (settings.expansion != 1)
        x = network.conv(x, {.channels = expanded, .activation = relu6});
    x = network.conv(x, {.channels = expanded,
                         .kernel = 3,
                         .stride = settings.stride,
                         .dilation = settings.dilation,
                         .padding = settings.dilation,
                         .is_depthwise = true,
                         .activation = relu6});
    x = network.conv(x, {.channels = settings.channels});
    const bool has_shortcut = settings.stride == 1 && settings.channels == from.extent.channels;
    return has_shortcut ? network.add(from, x) : x;
}

/// Chen et al. 2018, https://arxiv.org/abs/1802.02611, on MobileNetV2, https://arxiv.org/abs/1801.04381, at output
/// stride 16: the last stage dilates instead of striding.
Network deeplab_v3_plus(int size)
{
    constexpr int classes = 21;
    struct Stage
    {
        InvertedResidual first;
        int blocks = 1;
    };
    const Stage stages[] = {
        {{.expansion = 1, .channels = 16}, 1},
        {{.channels = 24, .stride = 2}, 2},
        {{.channels = 32, .stride = 2}, 3},
        {{.channels = 64, .stride = 2}, 4},
        {{.channels = 96}, 3},
        {{.channels = 160, .dilation = 2}, 3},
        {{.channels = 320, .dilation = 2}, 1},
    };
    Network network;
    Tensor x = network.input({3, size, size});
    x = network.conv(x, {.channels = 32, .kernel = 3, .stride = 2, .padding = 1, .activation = relu6});
    Tensor low_level;
    for (const Stage& stage : stages)
    {
        x = inverted_residual(network, x, stage.first);
        for (int i = 1; i < stage.blocks; ++i)
            x = inverted_residual(network, x, {.channels = stage.first.channels, .dilation = stage.first.dilation});
        if (stage.first.channels == 24)
            low_level = x;
    }

    const auto pointwise = [&](const Tensor& from, int channels)
    { return network.conv(from, {.channels = channels, .activation = relu}); };
    const auto resize_to = [&](const Tensor& from, const Extent& extent)
    { return network.resize(from, {.height = extent.height, .width = extent.width, .align_corners = true}); };
    // Bilinear and nearest are equivalent here, but ncnn's bilinear resize of a one-pixel map reads before its start.
    const Tensor image =
        network.resize(pointwise(network.average_pool(x), 256),
                       {.interpolation = Interpolation::nearest, .height = x.extent.height, .width = x.extent.width});
    std::vector<Tensor> branches = {image, pointwise(x, 256)};
    for (const int rate : {6, 12, 18})
        branches.push_back(separable_conv(network, x, {.channels = 256, .dilation = rate}));
    x = pointwise(network.concat(branches), 256);
    x = network.concat({resize_to(x, low_level.extent), pointwise(low_level, 48)});
    x = separable_conv(network, x, {.channels = 256});
    x = separable_conv(network, x, {.channels = 256});
    resize_to(network.conv(x, {.channels = classes}), network.input_extent());
    return network;
}

} // namespace

std::vector<Row> all_rows()
{
    return {
        conv_row("conv 3x3 64->64 @128", {64, 128, 128}, {.channels = 64, .kernel = 3, .padding = 1}),
        conv_row("conv 3x3 256->256 @32", {256, 32, 32}, {.channels = 256, .kernel = 3, .padding = 1}),
        conv_row("conv 1x1 256->256 @64", {256, 64, 64}, {.channels = 256}),
        conv_row("depthwise 3x3 128 @128", {128, 128, 128},
                 {.channels = 128, .kernel = 3, .padding = 1, .is_depthwise = true}),
        conv_row("conv 3x3 dilation 4 256->256 @33", {256, 33, 33},
                 {.channels = 256, .kernel = 3, .dilation = 4, .padding = 4}),
        transposed_conv_row("transposed conv 2x2 s2 256->128 @32", {256, 32, 32},
                            {.channels = 128, .kernel = 2, .stride = 2}),
        transposed_conv_row("transposed conv 4x4 s2 pad 1 64->64 @64", {64, 64, 64},
                            {.channels = 64, .kernel = 4, .stride = 2, .padding = 1}),
        operator_row("max-pool 2x2 64 @128", {64, 128, 128},
                     [](Network& network, const Tensor& input) { network.max_pool(input, 2); }),
        resize_row("bilinear x8 21 ch @32", {21, 32, 32}, {.height = 256, .width = 256}),
        resize_row("bicubic x2 64 ch @64", {64, 64, 64},
                   {.interpolation = Interpolation::bicubic, .height = 128, .width = 128}),
        {"U-Net 256", u_net(256)},
        {"FCN-8s VGG16 224", fcn8s(224)},
        {"DeepLabv3+ MobileNetV2 257", deeplab_v3_plus(257)},
    };
}

} // namespace comparison
