#ifndef VKSEG_ANCHORS_H
#define VKSEG_ANCHORS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

struct Anchors
{
    int offset; // of the first anchor, in elements of four values
    int count;
    int anchors; // at each pixel
    int width;   // of the feature map
    float stride_y;
    float stride_x;
};

VKSEG_CONTRACT_END

#endif
