#ifndef VKSEG_RESIZE_H
#define VKSEG_RESIZE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// The table holds the taps of each axis in turn, for each of its output positions. For resize.comp an element has one
// tap (position, weight, 0, 0), for the other kernels two (position, weight, position, weight). A first position of -1
// means that the output is `extrapolation`.
struct Resize
{
    View x;
    View y;
    int source_height;
    int blocks;   // of this launch
    int channels; // of the tensor, from this launch's first on
    int depth;    // of y
    int height;
    int width;
    int depth_taps; // for each output position
    int height_taps;
    int width_taps;
    int depth_table; // first element of each axis in the table
    int height_table;
    int width_table;
    float extrapolation;
};

// Ids of specialization constants.
const int resize_blocks_id = 3;

VKSEG_CONTRACT_END

#endif
