#pragma once

#include "zoo/layers.hpp"

/// Separable convolutions of DeepLabv3+ (Chen et al. 2018).
namespace vkseg::zoo {

struct SeparableLayer
{
    int64_t channels = 0;
    int64_t stride = 1;
    int64_t dilation = 1;
    bool has_relu = true; ///< after both convolutions
    float epsilon = 1e-5f;
};

/// Adds a 3 × 3 depthwise convolution, then a 1 × 1 convolution, each followed by batch normalisation.
inline ValueId separable(GraphBuilder& net, ValueId x, const std::string& name, const SeparableLayer& options)
{
    const auto normalised = [&](const std::string& layer, const ConvLayer& convolution)
    {
        const ValueId y = net.batch_norm(net.conv(x, layer, convolution), layer + "_bn", options.epsilon);
        return options.has_relu ? net.relu(y) : y;
    };
    x = normalised(name + ".depthwise", {.channels = net.channels(x),
                                         .stride = options.stride,
                                         .padding = options.dilation,
                                         .dilation = options.dilation,
                                         .groups = net.channels(x),
                                         .has_bias = false});
    return normalised(name + ".pointwise", {.channels = options.channels, .kernel = 1, .has_bias = false});
}

} // namespace vkseg::zoo
