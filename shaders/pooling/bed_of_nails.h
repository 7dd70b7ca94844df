#ifndef VKSEG_BED_OF_NAILS_H
#define VKSEG_BED_OF_NAILS_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

struct BedOfNails
{
    View x;
    View y;
    int blocks; // of this launch
    int depth;  // of y
    int height;
    int width;
    int depth_stride;
    int height_stride;
    int width_stride;
};

VKSEG_CONTRACT_END

#endif
