#ifndef VKSEG_PLACE_MASK_H
#define VKSEG_PLACE_MASK_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// The centre of pixel (x, y) of the result lies in the mask, whose pixels have an extent of 1, at
//     x0 + (x + 0.5) · x_by_x + (y + 0.5) · x_by_y,
// and so for y.
struct PlaceMask
{
    int mask_width;
    int mask_height;
    int width; // of the result
    int height;
    int pitch;     // of the result, in words of four pixels
    int is_linear; // otherwise takes the nearest pixel
    float x0, x_by_x, x_by_y;
    float y0, y_by_x, y_by_y;
};

VKSEG_CONTRACT_END

#endif
