#pragma once

#include "zoo/layers.hpp"

/// Xception-65 with the modifications of DeepLabv3+ (Chollet 2017; Chen et al. 2018, section 3.2).
namespace vkseg::zoo {

struct XceptionFeatures
{
    ValueId low = no_value;  ///< 256 channels at stride 4
    ValueId high = no_value; ///< 2048 channels at the output stride
};

XceptionFeatures xception65(GraphBuilder& net, ValueId x, const Parameters& parameters);

} // namespace vkseg::zoo
