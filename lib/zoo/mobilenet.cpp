#include "zoo/mobilenet.hpp"

namespace vkseg::zoo {
namespace {

constexpr float epsilon_v3 = 1e-3f;

ValueId relu6(GraphBuilder& net, ValueId x)
{
    return net.unary(x, UnaryKind::clip, 0, 6);
}

/// Adds a convolution without a bias, NAME.0, and its batch normalisation, NAME.1.
ValueId conv_norm(GraphBuilder& net, ValueId x, const std::string& name, ConvLayer options, float epsilon = 1e-5f)
{
    options.has_bias = false;
    return net.batch_norm(net.conv(x, name + ".0", options), name + ".1", epsilon);
}

ConvLayer depthwise(int64_t channels, int64_t kernel, int64_t stride, int64_t dilation)
{
    return {.channels = channels,
            .kernel = kernel,
            .stride = stride,
            .padding = kernel / 2 * dilation,
            .dilation = dilation,
            .groups = channels};
}

struct BlockV2
{
    int64_t channels = 0;
    int64_t stride = 1;
    int64_t dilation = 1;
    int64_t expansion = 6;
};

/// Adds convolutions: 1 × 1 to `expansion` times the channels, 3 × 3 depthwise, and 1 × 1 without an activation.
ValueId inverted_residual(GraphBuilder& net, ValueId x, const std::string& name, const BlockV2& block)
{
    const ValueId entered = x;
    const int64_t hidden = net.channels(x) * block.expansion;
    size_t layer = 0;
    if (block.expansion > 1)
        x = relu6(net, conv_norm(net, x, indexed(name + ".conv", layer++), {.channels = hidden, .kernel = 1}));
    x = relu6(net,
              conv_norm(net, x, indexed(name + ".conv", layer++), depthwise(hidden, 3, block.stride, block.dilation)));
    x = conv_bn(net, x, indexed(name + ".conv", layer), indexed(name + ".conv", layer + 1),
                {.channels = block.channels, .kernel = 1, .has_bias = false});
    const bool has_shortcut = block.stride == 1 && net.channels(entered) == block.channels;
    return has_shortcut ? net.add(entered, x) : x;
}

struct BlockV3
{
    int64_t kernel;
    int64_t hidden;
    int64_t channels;
    int64_t squeezed; ///< channels of squeeze and excitation; 0: none
    UnaryKind activation;
    int64_t stride;
    int64_t dilation;
};

constexpr BlockV3 blocks_v3[] = {
    {3, 16, 16, 0, UnaryKind::relu, 1, 1},           {3, 64, 24, 0, UnaryKind::relu, 2, 1},
    {3, 72, 24, 0, UnaryKind::relu, 1, 1},           {5, 72, 40, 24, UnaryKind::relu, 2, 1},
    {5, 120, 40, 32, UnaryKind::relu, 1, 1},         {5, 120, 40, 32, UnaryKind::relu, 1, 1},
    {3, 240, 80, 0, UnaryKind::hard_swish, 2, 1},    {3, 200, 80, 0, UnaryKind::hard_swish, 1, 1},
    {3, 184, 80, 0, UnaryKind::hard_swish, 1, 1},    {3, 184, 80, 0, UnaryKind::hard_swish, 1, 1},
    {3, 480, 112, 120, UnaryKind::hard_swish, 1, 1}, {3, 672, 112, 168, UnaryKind::hard_swish, 1, 1},
    {5, 672, 160, 168, UnaryKind::hard_swish, 2, 2}, {5, 960, 160, 240, UnaryKind::hard_swish, 1, 2},
    {5, 960, 160, 240, UnaryKind::hard_swish, 1, 2},
};

/// Scales each channel by a hard sigmoid computed from the means of all channels.
ValueId squeeze_excite(GraphBuilder& net, ValueId x, const std::string& name, int64_t squeezed)
{
    const ValueId mean = net.adaptive_average_pool(x, 1);
    const ValueId inner = conv_relu(net, mean, name + ".fc1", {.channels = squeezed, .kernel = 1});
    const ValueId outer = net.conv(inner, name + ".fc2", {.channels = net.channels(x), .kernel = 1});
    return net.mul(x, net.unary(outer, UnaryKind::hard_sigmoid, 1.0f / 6, 0.5f));
}

ValueId inverted_residual(GraphBuilder& net, ValueId x, const std::string& name, const BlockV3& block,
                          const Parameters& parameters, bool has_expansion)
{
    const ValueId entered = x;
    const int64_t hidden = parameters.scaled(block.hidden);
    const int64_t channels = parameters.scaled(block.channels);
    size_t layer = 0;
    if (has_expansion)
        x = net.unary(conv_norm(net, x, indexed(name, layer++), {.channels = hidden, .kernel = 1}, epsilon_v3),
                      block.activation);
    // A dilated block drops its stride, but the original stride still decides whether there is a shortcut.
    const int64_t stride = block.dilation > 1 ? 1 : block.stride;
    x = net.unary(
        conv_norm(net, x, indexed(name, layer++), depthwise(hidden, block.kernel, stride, block.dilation), epsilon_v3),
        block.activation);
    if (block.squeezed > 0)
        x = squeeze_excite(net, x, indexed(name, layer++), parameters.scaled(block.squeezed));
    x = conv_norm(net, x, indexed(name, layer), {.channels = channels, .kernel = 1}, epsilon_v3);
    const bool has_shortcut = block.stride == 1 && net.channels(entered) == channels;
    return has_shortcut ? net.add(entered, x) : x;
}

} // namespace

MobileNetFeatures mobilenet_v2(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    struct Group
    {
        int64_t expansion;
        int64_t channels;
        int blocks;
        int64_t stride;
    };
    constexpr Group groups[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    x = relu6(net, conv_norm(net, x, "backbone.0", {.channels = parameters.scaled(32), .stride = 2, .padding = 1}));
    MobileNetFeatures features;
    int64_t stride_so_far = 2;
    int64_t dilation = 1;
    size_t number = 1;
    for (const Group& group : groups)
    {
        for (int i = 0; i < group.blocks; ++i, ++number)
        {
            BlockV2 block = {.channels = parameters.scaled(group.channels),
                             .stride = i == 0 ? group.stride : 1,
                             .dilation = dilation,
                             .expansion = group.expansion};
            if (block.stride == 2 && stride_so_far == parameters.output_stride)
            {
                block.stride = 1;
                dilation *= 2; // for the blocks after this one
            }
            stride_so_far *= block.stride;
            x = inverted_residual(net, x, indexed("backbone", number), block);
            if (number == 3)
                features.low = x;
        }
    }
    features.high = x;
    return features;
}

MobileNetFeatures mobilenet_v3_large(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    x = conv_norm(net, x, "backbone.0", {.channels = parameters.scaled(16), .stride = 2, .padding = 1}, epsilon_v3);
    x = net.unary(x, UnaryKind::hard_swish);
    MobileNetFeatures features;
    for (size_t i = 0; i < std::size(blocks_v3); ++i)
    {
        const size_t number = i + 1;
        x = inverted_residual(net, x, indexed("backbone", number) + ".block", blocks_v3[i], parameters,
                              /* has_expansion= */ i > 0);
        if (number == 4)
            features.low = x;
    }
    x = conv_norm(net, x, "backbone.16", {.channels = parameters.scaled(960), .kernel = 1}, epsilon_v3);
    features.high = net.unary(x, UnaryKind::hard_swish);
    return features;
}

} // namespace vkseg::zoo
