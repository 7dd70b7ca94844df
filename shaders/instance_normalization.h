#ifndef VKSEG_INSTANCE_NORMALIZATION_H
#define VKSEG_INSTANCE_NORMALIZATION_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Each plane of four channels is cut into slices. A slice's moments are three vec4 of f32: the plane's first value,
// which is the origin of the next; the mean; and the sum of squared differences from it. They lie in the order (batch
// entry, block, slice).
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
