#include "zoo/xception.hpp"

#include "zoo/separable.hpp"

#include <array>

namespace vkseg::zoo {
namespace {

constexpr float xception_epsilon = 1e-3f;

enum class Shortcut : uint8_t
{
    none,
    sum,
    convolution ///< 1 × 1, with the block's stride
};

struct Block
{
    std::array<int64_t, 3> channels; ///< channels at full width
    Shortcut shortcut = Shortcut::convolution;
    int64_t stride = 1; ///< stride of the last convolution
    int64_t dilation = 1;
    bool has_inner_relu = false; ///< relu inside the separable convolutions instead of before each
};

/// Result of a block, and result of its second separable convolution.
struct BlockResult
{
    ValueId last;
    ValueId second;
};

BlockResult build_block(GraphBuilder& net, ValueId x, const std::string& name, const Block& block,
                        const Parameters& parameters)
{
    const ValueId entered = x;
    BlockResult result = {};
    for (size_t i = 0; i < block.channels.size(); ++i)
    {
        if (!block.has_inner_relu)
            x = net.relu(x);
        x = separable(net, x, indexed(name + ".sep", i),
                      {.channels = parameters.scaled(block.channels[i]),
                       .stride = i + 1 == block.channels.size() ? block.stride : 1,
                       .dilation = block.dilation,
                       .has_relu = block.has_inner_relu,
                       .epsilon = xception_epsilon});
        if (i == 1)
            result.second = x;
    }
    if (block.shortcut == Shortcut::sum)
        x = net.add(x, entered);
    if (block.shortcut == Shortcut::convolution)
    {
        const ValueId projected =
            net.conv(entered, name + ".shortcut",
                     {.channels = net.channels(x), .kernel = 1, .stride = block.stride, .has_bias = false});
        x = net.add(x, net.batch_norm(projected, name + ".shortcut_bn", xception_epsilon));
    }
    result.last = x;
    return result;
}

ValueId stem(GraphBuilder& net, ValueId x, const std::string& number, int64_t channels, int64_t stride)
{
    x = net.conv(x, "backbone.conv" + number,
                 {.channels = channels, .stride = stride, .padding = 1, .has_bias = false});
    return net.relu(net.batch_norm(x, "backbone.bn" + number, xception_epsilon));
}

} // namespace

XceptionFeatures xception65(GraphBuilder& net, ValueId x, const Parameters& parameters)
{
    const bool is_fine = parameters.output_stride == 8;
    x = stem(net, x, "1", parameters.scaled(32), 2);
    x = stem(net, x, "2", parameters.scaled(64), 1);
    x = build_block(net, x, "backbone.entry.0", {.channels = {128, 128, 128}, .stride = 2}, parameters).last;
    const BlockResult low =
        build_block(net, x, "backbone.entry.1", {.channels = {256, 256, 256}, .stride = 2}, parameters);
    x = build_block(net, low.last, "backbone.entry.2", {.channels = {728, 728, 728}, .stride = is_fine ? 1 : 2},
                    parameters)
            .last;
    const Block middle = {.channels = {728, 728, 728}, .shortcut = Shortcut::sum, .dilation = is_fine ? 2 : 1};
    for (size_t i = 0; i < 16; ++i)
        x = build_block(net, x, indexed("backbone.middle", i), middle, parameters).last;
    x = build_block(net, x, "backbone.exit.0", {.channels = {728, 1024, 1024}, .dilation = is_fine ? 2 : 1}, parameters)
            .last;
    x = build_block(net, x, "backbone.exit.1",
                    {.channels = {1536, 1536, 2048},
                     .shortcut = Shortcut::none,
                     .dilation = is_fine ? 4 : 2,
                     .has_inner_relu = true},
                    parameters)
            .last;
    return {.low = low.second, .high = x};
}

} // namespace vkseg::zoo
