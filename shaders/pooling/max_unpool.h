#ifndef VKSEG_MAX_UNPOOL_H
#define VKSEG_MAX_UNPOOL_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// The windows ceil((o - after) / stride) to floor((o + before) / stride) reach position o of the output.
struct MaxUnpoolAxis
{
    int input_extent;
    int stride;
    int before;
    int after;
    int output_extent;
};

struct MaxUnpool
{
    View x;
    View indices;
    View y;
    MaxUnpoolAxis depth;
    MaxUnpoolAxis height;
    MaxUnpoolAxis width;
    int blocks;      // of this launch
    int channels;    // of the whole tensor
    int first_plane; // first batch entry * channels + first channel of this launch
};

// Scatters values to wherever their indices point, from one share of the input to one share of the output. Each value
// of the output's share has a claim: 0, or 1 + the row-major position of the last value of the input that goes there.
// Claim 4 * i + lane belongs to element i of the share in a packed blocked layout.
struct MaxUnpoolScatter
{
    View x;
    View indices;
    View y;
    int channels; // of the whole tensors
    int values;   // of the whole output
    int x_rows;
    int x_width;
    int x_blocks; // of the input's share
    int x_first_batch;
    int x_first_block;
    int y_rows;
    int y_width;
    int y_blocks; // of the output's share
    int y_batches;
    int y_first_batch;
    int y_first_block;
};

VKSEG_CONTRACT_END

#endif
