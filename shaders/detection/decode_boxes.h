#ifndef VKSEG_DECODE_BOXES_H
#define VKSEG_DECODE_BOXES_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear; offsets count elements of four values, here boxes.
struct DecodeBoxes
{
    int y_offset;
    int boxes_offset;
    int deltas_offset;
    int count;   // of decoded boxes
    int classes; // of each reference box
    int is_clipped;
    float last_pixel; // added to the extents of reference boxes: 1 if corners are inclusive, otherwise 0
    float height;     // to which boxes are clipped
    float width;
    float max_log_scale;
    float weight_x;
    float weight_y;
    float weight_width;
    float weight_height;
};

VKSEG_CONTRACT_END

#endif
