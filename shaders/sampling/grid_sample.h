#ifndef VKSEG_GRID_SAMPLE_H
#define VKSEG_GRID_SAMPLE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

struct GridSample
{
    View x;
    View y;
    View grid;  // its axis 1 takes the place of channels, and the coordinates that of x
    int blocks; // of this launch
    int input_depth;
    int input_height;
    int input_width;
    int output_depth;
    int output_height;
    int output_width;
};

const int grid_padding_zeros = 0;
const int grid_padding_border = 1;
const int grid_padding_reflection = 2;

// Max magnitude of positions that are reflected; others, and NaN, count as 0.
const float grid_max_reflected = 1048576.0f;

// Ids of specialization constants.
const int grid_sample_blocks_id = 3;
const int grid_sample_padding_id = 4;
const int grid_sample_align_corners_id = 5;
const int grid_sample_taps_id = 6;

VKSEG_CONTRACT_END

#endif
