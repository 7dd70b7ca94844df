#ifndef VKSEG_INSTANCE_NORMALIZATION_H
#define VKSEG_INSTANCE_NORMALIZATION_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Each plane of four channels is cut into slices. A slice's moments are three f32 vec4: the plane's first value; the
// mean, relative to this value; and the sum of squared differences from the mean. They lie in the order (batch entry,
// block, slice).
struct InstanceMoments
{
    View x;
    int rows;
    int width;
    int slice_pixels;
    int slices;
    int first_batch;
    int first_block; // of this launch
    int blocks;      // of the whole tensor
};

struct InstanceMerge
{
    int pixels; // of a plane
    int slice_pixels;
    int slices;
    int batch;
    int blocks;
    int channels;
    float epsilon;
};

VKSEG_CONTRACT_END

#endif
