// Values of a destination tensor that one invocation writes: the lanes of one element.
#ifndef VKSEG_LANES_GLSL
#define VKSEG_LANES_GLSL

#include "shared/tensor.glsl"

struct Lanes
{
    int place; // of the element in its buffer
    int first; // row-major index of the value in lane 0
    int step;  // from lane to lane
    int count; // lanes that hold values; 0: the invocation lies outside the tensor
};

Lanes linear_lanes(int i, View view, int elements)
{
    return Lanes(view.offset + i, i * 4, 1, clamp(elements - i * 4, 0, 4));
}

Lanes blocked_lanes(int i, View view, int batches, int channels, int rows, int width)
{
    const int plane = rows * width;
    const int blocks = (channels + 3) / 4;
    const ivec2 whole = divide(i, plane);
    const ivec2 batch = divide(whole.x, blocks);
    const ivec2 row = divide(whole.y, width);
    const int block = batch.y;
    return Lanes(view_index(view, batch.x, block, row.x, row.y),
                 (batch.x * channels + block * 4) * plane + whole.y, plane,
                 batch.x < batches ? min(4, channels - block * 4) : 0);
}

#endif
