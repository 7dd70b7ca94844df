#ifndef VKSEG_PICTURE_TO_TENSOR_H
#define VKSEG_PICTURE_TO_TENSOR_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

struct PictureToTensor
{
    View result;
    int picture_offset; // of pixel 0 in the binding, in elements of four bytes: negative if the binding begins later
    int picture_height;
    int picture_width;
    int picture_channels;
    int tensor_height;
    int tensor_width;
    int top; // of the rectangle of the tensor that the picture fills
    int left;
    int height;
    int width;
    int order;       // 0 RGB, 1 BGR, 2 grey
    float support_y; // half the extent of the triangle filter, in pixels
    float support_x;
    // Per channel of the output; the fill is a pixel before normalisation.
    float mean_0, mean_1, mean_2;
    float scale_0, scale_1, scale_2;
    float fill_0, fill_1, fill_2;
    int slice_begin; // rows of the picture that this dispatch adds, if is_sliced
    int slice_end;
};

// Ids of specialization constants.
const int picture_is_sliced_id = 3;

VKSEG_CONTRACT_END

#endif
