#ifndef VKSEG_PASTE_SOFT_MASKS_H
#define VKSEG_PASTE_SOFT_MASKS_H

#include "detection/paste_masks.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear. The bounds of boxes and masks are those of paste_masks.h.
struct PasteSoftMasks
{
    int destination_offset; // in elements of four values
    int masks_offset;       // in values, of the first mask that this launch pastes
    int boxes_offset;       // in elements of four, of that mask's box: a box is an element
    int first_value;        // of this launch, in that mask as pasted
    int values;             // of this launch
    int mask_height;
    int mask_width;
    int height; // of the picture
    int width;
};

VKSEG_CONTRACT_END

#endif
