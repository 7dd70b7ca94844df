#ifndef VKSEG_PACK_WEIGHTS_H
#define VKSEG_PACK_WEIGHTS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Packs weights that the network computes, for each of several entries. The weight of output o, input i of its group
// and tap (row, column) is the value at
//   offset + entry * entry_stride + o * output_stride + i / 4 * block_stride + i % 4 * lane_stride + row * row_stride +
//   column * column_stride.
struct PackWeights
{
    int offset;
    int entry_stride;
    int output_stride;
    int block_stride;
    int lane_stride;
    int row_stride;
    int column_stride;
    int elements; // packed, of one entry
    int entries;
    int tile_pitch;
    int tile_blocks; // of output channels; 0: depthwise
    int taps;
    int tap_columns;
    int outputs;
    int group_inputs;
    int group_outputs;
    float factor; // of all weights
};

VKSEG_CONTRACT_END

#endif
