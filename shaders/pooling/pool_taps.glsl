// Taps of a window that lie in the input.
#ifndef VKSEG_POOL_TAPS_GLSL
#define VKSEG_POOL_TAPS_GLSL

#include "pooling/pool.h"

struct Taps
{
    int start; // coordinate of tap 0, in the input or in its padding
    int first;
    int end;
};

Taps taps_of(PoolAxis axis, int position)
{
    const int start = position * axis.stride - axis.pad_begin;
    const int first = divide(max(-start, 0) + axis.dilation - 1, axis.dilation).x;
    const int end = divide(max(axis.input_extent - start, 0) + axis.dilation - 1, axis.dilation).x;
    return Taps(start, first, min(end, axis.kernel));
}

// Place of an output element in its tensor: x, height, depth, block.
ivec4 place_of(Pool p, int i)
{
    const ivec2 row = divide(i, p.width.output_extent);
    const ivec2 slice = divide(row.x, p.height.output_extent);
    const ivec2 block = divide(slice.x, p.depth.output_extent);
    return ivec4(row.y, slice.y, block.y, block.x);
}

#endif
