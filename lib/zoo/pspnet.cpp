#include "zoo/resnet.hpp"

// Zhao et al. 2017. Layer names are those of the release, hszhao/PSPNet.
namespace vkseg::zoo {
namespace {

ValueId layer(GraphBuilder& net, ValueId x, const std::string& name, ConvLayer options)
{
    options.has_bias = false;
    return conv_bn(net, x, name, name + "/bn", options);
}

/// ResNet with output stride 8, three convolutions in the stem, and strides on the 1 × 1 reductions.
ValueId features(GraphBuilder& net, ValueId x, const Parameters& parameters, const ResNetBlocks& blocks)
{
    constexpr int64_t strides[] = {1, 2, 1, 1};
    constexpr int64_t dilations[] = {1, 1, 2, 4};
    x = net.relu(layer(net, x, "conv1_1_3x3_s2", {.channels = parameters.scaled(64), .stride = 2, .padding = 1}));
    x = net.relu(layer(net, x, "conv1_2_3x3", {.channels = parameters.scaled(64), .padding = 1}));
    x = net.relu(layer(net, x, "conv1_3_3x3", {.channels = parameters.scaled(128), .padding = 1}));
    x = net.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true});
    for (size_t stage = 0; stage < blocks.size(); ++stage)
    {
        const int64_t middle = parameters.scaled(int64_t(64) << stage);
        const int64_t channels = parameters.scaled(int64_t(256) << stage);
        const int64_t dilation = dilations[stage];
        for (int block = 1; block <= blocks[stage]; ++block)
        {
            const std::string name = "conv" + std::to_string(stage + 2) + "_" + std::to_string(block);
            const int64_t stride = block == 1 ? strides[stage] : 1;
            ValueId shortcut = x;
            if (block == 1)
                shortcut = layer(net, x, name + "_1x1_proj", {.channels = channels, .kernel = 1, .stride = stride});
            x = net.relu(layer(net, x, name + "_1x1_reduce", {.channels = middle, .kernel = 1, .stride = stride}));
            x = net.relu(layer(net, x, name + "_3x3", {.channels = middle, .padding = dilation, .dilation = dilation}));
            x = layer(net, x, name + "_1x1_increase", {.channels = channels, .kernel = 1});
            x = net.relu(net.add(x, shortcut));
        }
    }
    return x;
}

ValueId build_pspnet(GraphBuilder& net, ValueId picture, const Parameters& parameters, const ResNetBlocks& blocks)
{
    constexpr Interpolation aligned = {.mode = ResizeMode::linear, .align_corners = true};
    const ValueId whole = features(net, picture, parameters, blocks);
    const int64_t channels = parameters.scaled(512);
    std::vector<ValueId> parts = {whole};
    for (const int64_t bins : {6, 3, 2, 1})
    {
        const ValueId mean =
            layer(net, net.adaptive_average_pool(whole, bins), "conv5_3_pool" + std::to_string(bins) + "_conv",
                  {.channels = channels, .kernel = 1});
        parts.push_back(net.resize_like(net.relu(mean), whole, aligned));
    }
    ValueId x = net.relu(layer(net, net.concat(parts), "conv5_4", {.channels = channels, .padding = 1}));
    x = net.conv(x, "conv6", {.channels = parameters.classes, .kernel = 1});
    const Shape shape = net.shape(x);
    return net.resize(x, {(shape[2] - 1) * 8 + 1, (shape[3] - 1) * 8 + 1}, aligned);
}

} // namespace

ValueId pspnet50(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_pspnet(net, x, parameters, resnet50);
}

ValueId pspnet101(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_pspnet(net, x, parameters, resnet101);
}

} // namespace vkseg::zoo
