#pragma once

#include "zoo/families.hpp"

namespace vkseg::zoo {

/// Names of the layers of FCN-8s after VGG16, which differ between releases.
struct Fcn8sLayers
{
    const char* score_fr = "score_fr";
    const char* upscore2 = "upscore2";
    const char* score_pool4 = "score_pool4";
    const char* upscore_pool4 = "upscore_pool4";
    const char* score_pool3 = "score_pool3";
    const char* upscore8 = "upscore8";
    bool upscore2_has_bias = false;
    bool is_padded = false; ///< true: padded by 1, false: by 100 as in the original
};

ValueId fcn_8s(GraphBuilder& net, ValueId picture, const Parameters& parameters, const Fcn8sLayers& layers);

} // namespace vkseg::zoo
