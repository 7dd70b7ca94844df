#pragma once

#include "zoo/layers.hpp"

#include <array>

/// Common parts of the atrous spatial pyramid poolings of DeepLabv3 and v3+.
namespace vkseg::zoo {

using AtrousRates = std::array<int64_t, 3>;

/// Rates from Chen et al. 2017, section 3.3: doubled if the output stride is halved.
inline AtrousRates atrous_rates(int64_t output_stride)
{
    return output_stride == 8 ? AtrousRates{12, 24, 36} : AtrousRates{6, 12, 18};
}

/// Adds NAME.0, a convolution, NAME.1, its batch normalisation, and relu; keeps the size of `x`.
inline ValueId atrous_conv(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels, int64_t kernel,
                           int64_t rate = 1)
{
    return conv_bn_relu(
        net, x, name + ".0", name + ".1",
        {.channels = channels, .kernel = kernel, .padding = kernel / 2 * rate, .dilation = rate, .has_bias = false});
}

/// Averages over all pixels, applies a 1 × 1 convolution and broadcasts the result to the size of `x`.
inline ValueId image_pooling(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels)
{
    const ValueId mean = conv_bn_relu(net, net.adaptive_average_pool(x, 1), name + ".1", name + ".2",
                                      {.channels = channels, .kernel = 1, .has_bias = false});
    return net.resize_like(mean, x);
}

} // namespace vkseg::zoo
