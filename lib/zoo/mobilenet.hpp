#pragma once

#include "zoo/layers.hpp"

/// MobileNetV2 (Sandler et al. 2018) and MobileNetV3-Large (Howard et al. 2019) as backbones of segmentation networks:
/// some strides are replaced by dilations. Layer names are torchvision's after the prefix "backbone.".
namespace vkseg::zoo {

struct MobileNetFeatures
{
    ValueId low = no_value;  ///< V2: 24 channels at stride 4; V3: 40 at stride 8
    ValueId high = no_value; ///< V2: 320 channels; V3: 960; at the output stride
};

/// MobileNetV2 without the last 1 × 1 convolution, which the paper omits for segmentation (section 6.3).
MobileNetFeatures mobilenet_v2(GraphBuilder& net, ValueId x, const Parameters& parameters);

/// MobileNetV3-Large with output stride 16.
MobileNetFeatures mobilenet_v3_large(GraphBuilder& net, ValueId x, const Parameters& parameters);

} // namespace vkseg::zoo
