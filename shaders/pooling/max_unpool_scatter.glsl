// Sources and targets of the kernels that scatter values by their indices.
#ifndef VKSEG_MAX_UNPOOL_SCATTER_GLSL
#define VKSEG_MAX_UNPOOL_SCATTER_GLSL

#include "pooling/max_unpool.h"

layout(push_constant) uniform Push { MaxUnpoolScatter p; };

// An element of the input's share.
struct Source
{
    int batch;
    int block; // -1: the invocation lies outside the share
    int row;
    int column;
};

Source find_source(const int i, const int batch)
{
    const ivec2 row = divide(i, p.x_width);
    const ivec2 block = divide(row.x, p.x_rows);
    return Source(batch, block.x < p.x_blocks ? block.x : -1, block.y, row.y);
}

int lanes_of(const Source source) { return min(4, p.channels - (p.x_first_block + source.block) * 4); }

// Claim of the value in a lane of the element to its place.
int claim_of(const Source source, const int lane)
{
    const int plane = (p.x_first_batch + source.batch) * p.channels + (p.x_first_block + source.block) * 4 + lane;
    return (plane * p.x_rows + source.row) * p.x_width + source.column + 1;
}

// A value of the output's share.
struct Target
{
    int batch;
    int block; // -1: the index lies outside the share
    int row;
    int column;
    int lane;
};

Target find_target(const int index)
{
    const bool is_value = index >= 0 && index < p.values;
    const int row = (is_value ? index : 0) / p.y_width;
    const int plane = row / p.y_rows;
    const int entry = plane / p.channels;
    const int channel = plane - entry * p.channels;
    Target target;
    target.batch = entry - p.y_first_batch;
    target.block = channel / 4 - p.y_first_block;
    target.row = row - plane * p.y_rows;
    target.column = index - row * p.y_width;
    target.lane = channel & 3;
    if (!is_value || target.batch < 0 || target.batch >= p.y_batches || target.block >= p.y_blocks)
        target.block = -1;
    return target;
}

int claim_index(const Target target)
{
    const int plane = target.batch * p.y_blocks + max(target.block, 0);
    return ((plane * p.y_rows + target.row) * p.y_width + target.column) * 4 + target.lane;
}

#endif
