#pragma once

#include "zoo/families.hpp"

/// Building blocks of most networks.
namespace vkseg::zoo {

inline ValueId conv_relu(GraphBuilder& net, ValueId x, const std::string& layer, const ConvLayer& options)
{
    return net.relu(net.conv(x, layer, options));
}

inline ValueId conv_bn(GraphBuilder& net, ValueId x, const std::string& layer, const std::string& norm,
                       const ConvLayer& options, float epsilon = 1e-5f)
{
    return net.batch_norm(net.conv(x, layer, options), norm, epsilon);
}

inline ValueId conv_bn_relu(GraphBuilder& net, ValueId x, const std::string& layer, const std::string& norm,
                            const ConvLayer& options, float epsilon = 1e-5f)
{
    return net.relu(conv_bn(net, x, layer, norm, options, epsilon));
}

/// Makes names such as "down.3".
inline std::string indexed(const std::string& name, size_t index)
{
    return name + "." + std::to_string(index);
}

} // namespace vkseg::zoo
