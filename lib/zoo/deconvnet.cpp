#include "zoo/vgg16.hpp"

#include <vector>

// Noh et al. 2015. Layer names are those of the release, HyeonwooNoh/DeconvNet.
namespace vkseg::zoo {
namespace {

struct Stage
{
    size_t number;
    std::vector<int64_t> channels; ///< output channels of its deconvolutions
};

ValueId deconv_bn_relu(GraphBuilder& net, ValueId x, const std::string& layer, const std::string& norm,
                       const ConvTransposeLayer& options)
{
    return net.relu(net.batch_norm(net.conv_transpose(x, layer, options), norm));
}

} // namespace

ValueId deconvnet(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    struct Place
    {
        ValueId indices;
        ValueId input; ///< the pool's input
    };
    std::vector<Place> places;
    for (size_t stage = 1; stage <= 5; ++stage)
    {
        const auto [channels, convolutions] = vgg16_stages[stage - 1];
        for (int i = 1; i <= convolutions; ++i)
        {
            const std::string layer = vgg_layer(stage, i);
            x = conv_bn_relu(net, x, layer, "bn" + layer.substr(4),
                             {.channels = parameters.scaled(channels), .padding = 1});
        }
        const GraphBuilder::Pooled pooled = net.max_pool_with_indices(x);
        places.push_back({.indices = pooled.indices, .input = x});
        x = pooled.values;
    }

    // Reduces the whole picture to one pixel and expands it again: 7 × 7 for the paper's 224 × 224.
    const Shape whole = net.shape(x);
    const PerAxis window = {whole[2], whole[3]};
    const int64_t hidden = parameters.scaled(4096);
    x = conv_bn_relu(net, x, "fc6", "bnfc6", {.channels = hidden, .kernel = window});
    x = conv_bn_relu(net, x, "fc7", "bnfc7", {.channels = hidden, .kernel = 1});
    x = deconv_bn_relu(net, x, "fc6-deconv", "fc6-deconv-bn",
                       {.channels = parameters.scaled(512), .kernel = window, .stride = 1});

    const Stage stages[] = {
        {5, {512, 512, 512}}, {4, {512, 512, 256}}, {3, {256, 256, 128}}, {2, {128, 64}}, {1, {64, 64}}};
    for (const Stage& stage : stages)
    {
        x = net.max_unpool(x, places.back().indices, places.back().input);
        places.pop_back();
        for (size_t i = 0; i < stage.channels.size(); ++i)
        {
            const std::string name = std::to_string(stage.number) + "_" + std::to_string(i + 1);
            x = deconv_bn_relu(
                net, x, "deconv" + name, "debn" + name,
                {.channels = parameters.scaled(stage.channels[i]), .kernel = 3, .stride = 1, .padding = 1});
        }
    }
    return net.conv(x, "seg-score", {.channels = parameters.classes, .kernel = 1});
}

} // namespace vkseg::zoo
