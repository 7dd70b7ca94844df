// Boxes that kernels can work with.
#ifndef VKSEG_ROI_GLSL
#define VKSEG_ROI_GLSL

#include "shared/tensor.glsl"
#include "detection/roi.h"

// True if all values are finite and at most roi_max_coordinate in magnitude.
bool is_moderate(vec4 values)
{
    return all(lessThanEqual(size_bits(values), ivec4(floatBitsToInt(roi_max_coordinate))));
}

#endif
