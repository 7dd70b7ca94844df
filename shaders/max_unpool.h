#ifndef VKSEG_MAX_UNPOOL_H
#define VKSEG_MAX_UNPOOL_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Position o of the output may come from the windows ceil((o - behind) / stride) to floor((o + before) / stride).
struct MaxUnpoolAxis
{
    int input_extent;
    int stride;
    int before;
    int behind;
    int output_extent;
};

struct MaxUnpool
{
    View x;
    View indices;
    View y;
    MaxUnpoolAxis depth;
    MaxUnpoolAxis height;
    MaxUnpoolAxis width;
    int blocks;      // of this launch
    int channels;    // of the whole tensor
    int first_plane; // first batch entry * channels + first channel of this launch
};

VKSEG_CONTRACT_END

#endif
