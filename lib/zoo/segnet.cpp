#include "zoo/vgg16.hpp"

// Badrinarayanan et al. 2017. Layer names are those of the release, alexgkendall/SegNet-Tutorial.
namespace vkseg::zoo {
namespace {

/// Positions of the maxima of one pool.
struct Place
{
    ValueId indices = no_value;
    ValueId input = no_value; ///< the pool's input
};

ValueId pool(GraphBuilder& net, ValueId x, std::vector<Place>& places)
{
    const GraphBuilder::Pooled pooled = net.max_pool_with_indices(x, {.ceil_mode = true});
    places.push_back({.indices = pooled.indices, .input = x});
    return pooled.values;
}

ValueId unpool(GraphBuilder& net, ValueId x, std::vector<Place>& places)
{
    const Place place = places.back();
    places.pop_back();
    return net.max_unpool(x, place.indices, place.input);
}

} // namespace

ValueId segnet(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    std::vector<Place> places;
    for (size_t stage = 1; stage <= 5; ++stage)
    {
        const auto [channels, convolutions] = vgg16_stages[stage - 1];
        for (int i = 1; i <= convolutions; ++i)
        {
            const std::string layer = vgg_layer(stage, i);
            x = conv_bn_relu(net, x, layer, layer + "_bn", {.channels = parameters.scaled(channels), .padding = 1});
        }
        x = pool(net, x, places);
    }
    for (size_t stage = 5; stage >= 1; --stage)
    {
        x = unpool(net, x, places);
        for (int i = vgg16_stages[stage - 1].convolutions; i >= 1; --i)
        {
            const std::string layer = vgg_layer(stage, i) + "_D";
            if (stage == 1 && i == 1)
                return net.conv(x, layer, {.channels = parameters.classes, .padding = 1});
            // The last convolution of a stage already has as many channels as the stage that it leads to.
            const int64_t channels = vgg16_stages[i > 1 ? stage - 1 : stage - 2].channels;
            x = conv_bn_relu(net, x, layer, layer + "_bn", {.channels = parameters.scaled(channels), .padding = 1});
        }
    }
    return x;
}

ValueId segnet_basic(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const ConvLayer convolution = {.channels = parameters.scaled(64), .kernel = 7, .padding = 3};
    x = net.node(Lrn{.alpha = 1e-4f, .beta = 0.75f, .bias = 1, .size = 5}, {x}, "norm");
    std::vector<Place> places;
    for (int i = 1; i <= 4; ++i)
    {
        const std::string layer = "conv" + std::to_string(i);
        x = pool(net, conv_bn_relu(net, x, layer, layer + "_bn", convolution), places);
    }
    for (int i = 4; i >= 1; --i)
    {
        const std::string layer = "conv_decode" + std::to_string(i);
        x = conv_bn(net, unpool(net, x, places), layer, layer + "_bn", convolution);
    }
    return net.conv(x, "conv_classifier", {.channels = parameters.classes, .kernel = 1});
}

} // namespace vkseg::zoo
