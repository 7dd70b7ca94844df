#ifndef VKSEG_DEFORM_COLUMNS_H
#define VKSEG_DEFORM_COLUMNS_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

struct DeformColumns
{
    View x;
    View y; // from the first block of this launch on
    View offsets;
    View mask;
    int first_block;
    int blocks;          // of this launch
    int channels;        // of y
    int group_channels;  // of x, for a group of the convolution
    int offset_channels; // of x, for a group of offsets
    int input_height;
    int input_width;
    int output_height;
    int output_width;
    int pad_top;
    int pad_left;
};

// Ids of specialization constants.
const int deform_kernel_height_id = 3;
const int deform_kernel_width_id = 4;
const int deform_stride_y_id = 5;
const int deform_stride_x_id = 6;
const int deform_dilation_y_id = 7;
const int deform_dilation_x_id = 8;
const int deform_has_mask_id = 9;
const int deform_has_whole_blocks_id =
    10; // the four channels of each block lie in one block of x and share their offset

VKSEG_CONTRACT_END

#endif
