// Which of a window's taps lie in the input.
#ifndef VKSEG_POOL_TAPS_GLSL
#define VKSEG_POOL_TAPS_GLSL

#include "pool.h"

struct Taps
{
    int start; // coordinate of tap 0, in the input or in its padding
    int first;
    int end;
};

Taps taps_of(PoolAxis axis, int position)
{
    const int start = position * axis.stride - axis.pad_begin;
    const int first = (max(-start, 0) + axis.dilation - 1) / axis.dilation;
    const int end = (max(axis.input_extent - start, 0) + axis.dilation - 1) / axis.dilation;
    return Taps(start, first, min(end, axis.kernel));
}

// The place of an output element in its tensor: x, height, depth, block.
ivec4 place_of(Pool p, int i)
{
    const int rows = i / p.width.output_extent;
    const int slices = rows / p.height.output_extent;
    const int block = slices / p.depth.output_extent;
    return ivec4(i - rows * p.width.output_extent, rows - slices * p.height.output_extent, slices - block * p.depth.output_extent, block);
}

#endif
