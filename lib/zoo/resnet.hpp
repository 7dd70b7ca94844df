#pragma once

#include "zoo/layers.hpp"

#include <array>
#include <optional>

/// ResNet with bottlenecks (He et al. 2016) as a segmentation backbone: some strides are replaced by dilations.
namespace vkseg::zoo {

using ResNetBlocks = std::array<int, 4>;
constexpr ResNetBlocks resnet50 = {3, 4, 6, 3};
constexpr ResNetBlocks resnet101 = {3, 4, 23, 3};

struct ResNetOptions
{
    ResNetBlocks blocks = resnet50;
    size_t layers = 4;          ///< layer1 to the one of this number
    int64_t output_stride = 32; ///< 8, 16 or 32
    /// Factors on the dilations of layer4's blocks (Chen et al. 2017, section 4.2.1). If not set, dilations are
    /// torchvision's: if a layer's stride was replaced, its first block keeps the dilation of the layer before.
    std::optional<std::array<int64_t, 3>> multi_grid = {};
    const char* prefix = "backbone."; ///< prefix to the layers' names, which are torchvision's
    float epsilon = 1e-5f;            ///< batch normalisation's
};

struct ResNetFeatures
{
    std::array<ValueId, 4> layers = {}; ///< from stride 4 to the output stride; only those that there are
    ValueId layer1() const { return layers[0]; }
    ValueId layer4() const { return layers[3]; }
};

ResNetFeatures resnet(GraphBuilder& net, ValueId x, const Parameters& parameters, const ResNetOptions& options);

/// layer4 by itself, with a stride of 2.
ValueId resnet_layer4(GraphBuilder& net, ValueId x, const Parameters& parameters, const ResNetOptions& options);

} // namespace vkseg::zoo
