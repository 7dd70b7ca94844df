#include "zoo/layers.hpp"

// Ronneberger et al. 2015: the original with valid convolutions, and today's usual variant with padding and batch norm.
namespace vkseg::zoo {
namespace {

constexpr int64_t channels_of_level[] = {64, 128, 256, 512, 1024};

/// Two 3 × 3 convolutions.
ValueId step(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels, bool is_padded)
{
    for (const char* number : {"1", "2"})
    {
        const ConvLayer options = {.channels = channels, .padding = is_padded ? 1 : 0, .has_bias = !is_padded};
        const std::string layer = name + ".conv" + number;
        x = is_padded ? conv_bn_relu(net, x, layer, name + ".bn" + number, options) : conv_relu(net, x, layer, options);
    }
    return x;
}

/// Pads `x` with zeros to the extents of `like`, as evenly on both sides as possible.
ValueId pad_like(GraphBuilder& net, ValueId x, ValueId like)
{
    Integers before;
    Integers after;
    for (size_t axis = 2; axis < net.shape(x).rank(); ++axis)
    {
        const int64_t missing = net.shape(like)[axis] - net.shape(x)[axis];
        before.push_back(missing / 2);
        after.push_back(missing - missing / 2);
    }
    return net.pad(x, PerAxis(before), PerAxis(after));
}

ValueId build_unet(GraphBuilder& net, ValueId x, const Parameters& parameters, bool is_padded)
{
    std::vector<ValueId> skips;
    for (size_t level = 0; level < std::size(channels_of_level); ++level)
    {
        if (level > 0)
            x = net.max_pool(x);
        x = step(net, x, indexed("down", level), parameters.scaled(channels_of_level[level]), is_padded);
        skips.push_back(x);
    }
    skips.pop_back();
    for (size_t i = 0; i < std::size(channels_of_level) - 1; ++i)
    {
        const std::string name = indexed("up", i);
        const int64_t channels = parameters.scaled(channels_of_level[std::size(channels_of_level) - 2 - i]);
        ValueId skip = skips.back();
        skips.pop_back();
        x = net.conv_transpose(x, name + ".up", {.channels = channels});
        if (is_padded)
            x = pad_like(net, x, skip);
        else
            skip = net.center_crop_like(skip, x);
        x = step(net, net.concat({skip, x}), name, channels, is_padded);
    }
    return net.conv(x, "out", {.channels = parameters.classes, .kernel = 1});
}

} // namespace

ValueId unet(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_unet(net, x, parameters, /* is_padded= */ false);
}

ValueId unet_padded(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    return build_unet(net, x, parameters, /* is_padded= */ true);
}

} // namespace vkseg::zoo
