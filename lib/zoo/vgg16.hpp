#pragma once

#include "zoo/layers.hpp"

/// The convolutions of VGG16 (Simonyan and Zisserman 2015, configuration D), the backbone of many networks.
namespace vkseg::zoo {

struct VggStage
{
    int64_t channels;
    int convolutions;
};
constexpr VggStage vgg16_stages[] = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};

/// Makes the name of a stage's layer, such as "conv3_1"; stage and layer count from 1.
inline std::string vgg_layer(size_t stage, int convolution)
{
    return "conv" + std::to_string(stage) + "_" + std::to_string(convolution);
}

struct VggPadding
{
    int64_t first = 1; ///< padding of conv1_1
    int64_t others = 1;
    int64_t dilation = 1; ///< dilation of the convolutions, and factor on `others`
};

/// Adds the convolutions of one stage, each with relu; stages count from 1.
inline ValueId vgg16_stage(GraphBuilder& net, ValueId x, size_t stage, const Parameters& parameters,
                           const VggPadding& padding = {})
{
    const auto [channels, convolutions] = vgg16_stages[stage - 1];
    for (int i = 1; i <= convolutions; ++i)
    {
        const bool is_first = stage == 1 && i == 1;
        x = conv_relu(net, x, vgg_layer(stage, i),
                      {.channels = parameters.scaled(channels),
                       .padding = is_first ? padding.first : padding.others * padding.dilation,
                       .dilation = padding.dilation});
    }
    return x;
}

} // namespace vkseg::zoo
