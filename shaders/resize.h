#ifndef VKSEG_RESIZE_H
#define VKSEG_RESIZE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

const int resize_blocks = 4; // of channels that an invocation computes

// The output positions of an axis have `count` taps each, from `first` on in the table: source positions and weights
// (the bits of an f32). A first position of -1 means that the output is `extrapolation`.
struct ResizeTaps
{
    int first;
    int count;
};

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
    ResizeTaps depth_taps;
    ResizeTaps height_taps;
    ResizeTaps width_taps;
    float extrapolation;
};

VKSEG_CONTRACT_END

#endif
