#pragma once

#include "zoo/families.hpp"

namespace vkseg::zoo {

/// What the layers of FCN-8s behind VGG16 are called, which differs between releases.
struct Fcn8sLayers
{
    const char* score_fr = "score_fr";
    const char* upscore2 = "upscore2";
    const char* score_pool4 = "score_pool4";
    const char* upscore_pool4 = "upscore_pool4";
    const char* score_pool3 = "score_pool3";
    const char* upscore8 = "upscore8";
    bool upscore2_has_bias = false;
    bool is_padded = false; ///< by 1, and not by 100 as the original
};

ValueId fcn_8s(GraphBuilder& net, ValueId picture, const Parameters& parameters, const Fcn8sLayers& layers);

} // namespace vkseg::zoo
