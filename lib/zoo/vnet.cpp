#include "zoo/layers.hpp"

// Milletari et al. 2016, with as many convolutions as the release, faustomilletari/VNet.
namespace vkseg::zoo {
namespace {

constexpr int64_t channels_of_stage[] = {16, 32, 64, 128, 256};
constexpr size_t left_convolutions[] = {1, 1, 2, 3, 3};
constexpr size_t right_convolutions[] = {1, 1, 2, 3};

/// Adds 5 × 5 × 5 convolutions, each followed by a PReLU. The stage's input is added before the last PReLU; the single
/// input channel of the first stage is added to every channel.
ValueId stage(GraphBuilder& net, ValueId x, const std::string& name, int64_t channels, size_t convolutions)
{
    const ValueId entered = x;
    for (size_t i = 0; i < convolutions; ++i)
    {
        x = net.conv(x, indexed(name + ".conv", i), {.channels = channels, .kernel = 5, .padding = 2});
        if (i + 1 == convolutions)
            x = net.add(x, entered);
        x = net.prelu(x, indexed(name + ".prelu", i));
    }
    return x;
}

} // namespace

ValueId vnet(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    std::vector<ValueId> skips;
    for (size_t level = 0; level < 5; ++level)
    {
        if (level > 0)
        {
            skips.push_back(x);
            x = net.conv(x, indexed("down", level - 1),
                         {.channels = parameters.scaled(channels_of_stage[level]), .kernel = 2, .stride = 2});
            x = net.prelu(x, indexed("down_prelu", level - 1));
        }
        x = stage(net, x, indexed("left", level), parameters.scaled(channels_of_stage[level]),
                  left_convolutions[level]);
    }
    for (size_t level = 4; level-- > 0;)
    {
        const int64_t channels = parameters.scaled(channels_of_stage[level]);
        x = net.conv_transpose(x, indexed("up", level), {.channels = channels});
        x = net.prelu(x, indexed("up_prelu", level));
        x = stage(net, net.concat({x, skips[level]}), indexed("right", level), 2 * channels, right_convolutions[level]);
    }
    x = net.prelu(net.conv(x, "out1", {.channels = parameters.classes, .kernel = 5, .padding = 2}), "out_prelu");
    return net.conv(x, "out2", {.channels = parameters.classes, .kernel = 1});
}

} // namespace vkseg::zoo
