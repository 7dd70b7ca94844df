#pragma once

#include "zoo/layers.hpp"

#include <array>

/// What the atrous spatial pyramid poolings of DeepLabv3 and v3+ have in common.
namespace vkseg::zoo {

using AtrousRates = std::array<int64_t, 3>;

/// Chen et al. 2017, section 3.3: doubled where the output stride is halved.
inline AtrousRates atrous_rates(int64_t output_stride)
{
    return output_stride == 8 ? AtrousRates{12, 24, 36} : AtrousRates{6, 12, 18};
}

/// NAME.0, a convolution, NAME.1, its batch normalisation, and relu; as large as what enters.
inline ValueId atrous_conv(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels, int64_t kernel,
                           int64_t rate = 1)
{
    return conv_bn_relu(
        net, x, name + ".0", name + ".1",
        {.channels = channels, .kernel = kernel, .padding = kernel / 2 * rate, .dilation = rate, .has_bias = false});
}

/// The picture's mean through a 1 × 1 convolution, spread over the picture again.
inline ValueId image_pooling(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels)
{
    const ValueId mean = conv_bn_relu(net, net.adaptive_average_pool(x, 1), name + ".1", name + ".2",
                                      {.channels = channels, .kernel = 1, .has_bias = false});
    return net.resize_like(mean, x);
}

} // namespace vkseg::zoo
