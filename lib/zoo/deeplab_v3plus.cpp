#include "zoo/aspp.hpp"
#include "zoo/mobilenet.hpp"
#include "zoo/resnet.hpp"
#include "zoo/separable.hpp"
#include "zoo/xception.hpp"

// Chen et al. 2018. All interpolations align corners, as in the release.
namespace vkseg::zoo {
namespace {

constexpr Interpolation aligned_corners = {.mode = ResizeMode::linear, .align_corners = true};

/// The picture's mean, 1 × 1 and three dilated separable 3 × 3 convolutions, concatenated in this order; then 1 × 1.
ValueId separable_aspp(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const int64_t channels = parameters.scaled(256);
    std::vector<ValueId> branches = {image_pooling(net, x, "aspp.pool", channels),
                                     atrous_conv(net, x, "aspp.conv", channels, 1)};
    const AtrousRates rates = atrous_rates(parameters.output_stride);
    for (size_t i = 0; i < rates.size(); ++i)
        branches.push_back(
            separable(net, x, indexed("aspp.separable", i), {.channels = channels, .dilation = rates[i]}));
    return atrous_conv(net, net.concat(branches), "aspp.project", channels, 1);
}

/// Concatenates the enlarged pyramid with 48 channels of features of stride 4.
ValueId decode(GraphBuilder& net, ValueId low, ValueId high, const Parameters& parameters, ValueId picture)
{
    const int64_t channels = parameters.scaled(256);
    ValueId x = net.resize_like(separable_aspp(net, high, parameters), low, aligned_corners);
    x = net.concat({x, atrous_conv(net, low, "low", parameters.scaled(48), 1)});
    for (size_t i = 0; i < 2; ++i)
        x = separable(net, x, indexed("decoder", i), {.channels = channels});
    x = net.conv(x, "classifier", {.channels = parameters.classes, .kernel = 1});
    return net.resize_like(x, picture, aligned_corners);
}

ValueId on_resnet(GraphBuilder& net, ValueId x, const Parameters& parameters, const ResNetBlocks& blocks)
{
    const ResNetFeatures features = resnet(
        net, x, parameters, {.blocks = blocks, .output_stride = parameters.output_stride, .multi_grid = {{1, 2, 4}}});
    return decode(net, features.layer1(), features.layer4(), parameters, x);
}

} // namespace

ValueId deeplab_v3plus_resnet50(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return on_resnet(net, x, parameters, resnet50);
}

ValueId deeplab_v3plus_resnet101(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return on_resnet(net, x, parameters, resnet101);
}

ValueId deeplab_v3plus_mobilenet_v2(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const MobileNetFeatures features = mobilenet_v2(net, x, parameters);
    return decode(net, features.low, features.high, parameters, x);
}

ValueId deeplab_v3plus_xception65(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const XceptionFeatures features = xception65(net, x, parameters);
    return decode(net, features.low, features.high, parameters, x);
}

} // namespace vkseg::zoo
