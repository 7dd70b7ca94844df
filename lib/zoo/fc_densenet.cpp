#include "zoo/layers.hpp"

#include <array>

// Jégou et al. 2017, the Tiramisu, following the release, SimJeg/FC-DenseNet.
namespace vkseg::zoo {
namespace {

constexpr float densenet_epsilon = 1e-4f; // value that the release was trained with

struct Configuration
{
    std::array<int, 5> down;
    int bottleneck;
    int64_t growth;
};

/// Batch normalisation, relu, convolution.
ValueId layer(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels, int64_t kernel)
{
    x = net.relu(net.batch_norm(x, name + ".bn", densenet_epsilon));
    return net.conv(x, name + ".conv", {.channels = channels, .kernel = kernel, .padding = kernel / 2});
}

/// Each layer takes `x` and the maps of all earlier layers. Returns only the new maps.
ValueId dense_block(GraphBuilder& net, ValueId x, const std::string& name, int layers, int64_t growth)
{
    std::vector<ValueId> maps;
    for (int i = 0; i < layers; ++i)
    {
        maps.push_back(layer(net, x, indexed(name, size_t(i)), growth, 3));
        if (i + 1 < layers)
            x = net.concat({x, maps.back()});
    }
    return net.concat(maps);
}

ValueId build_densenet(GraphBuilder& net, ValueId x, const Parameters& parameters, const Configuration& configuration)
{
    const int64_t growth = parameters.scaled(configuration.growth);
    x = net.conv(x, "first", {.channels = parameters.scaled(48), .padding = 1});
    std::vector<ValueId> skips;
    for (size_t i = 0; i < configuration.down.size(); ++i)
    {
        x = net.concat({x, dense_block(net, x, indexed("down", i), configuration.down[i], growth)});
        skips.push_back(x);
        x = net.max_pool(layer(net, x, indexed("transition_down", i), net.channels(x), 1));
    }
    ValueId maps = dense_block(net, x, "bottleneck", configuration.bottleneck, growth);
    for (size_t i = 0; i < configuration.down.size(); ++i)
    {
        // Enlarges to 2 n + 1, then center-crops to the size of the skip.
        const ValueId up = net.conv_transpose(maps, indexed("transition_up", i),
                                              {.channels = net.channels(maps), .kernel = 3, .stride = 2});
        const ValueId skip = skips.back();
        skips.pop_back();
        x = net.concat({net.center_crop_like(up, skip), skip});
        maps = dense_block(net, x, indexed("up", i), configuration.down[configuration.down.size() - 1 - i], growth);
    }
    return net.conv(net.concat({x, maps}), "last", {.channels = parameters.classes, .kernel = 1});
}

} // namespace

ValueId fc_densenet56(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_densenet(net, x, parameters, {.down = {4, 4, 4, 4, 4}, .bottleneck = 4, .growth = 12});
}

ValueId fc_densenet67(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_densenet(net, x, parameters, {.down = {5, 5, 5, 5, 5}, .bottleneck = 5, .growth = 16});
}

ValueId fc_densenet103(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_densenet(net, x, parameters, {.down = {4, 5, 7, 10, 12}, .bottleneck = 15, .growth = 16});
}

} // namespace vkseg::zoo
