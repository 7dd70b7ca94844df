#ifndef VKSEG_POOL_H
#define VKSEG_POOL_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

struct PoolAxis
{
    int input_extent;
    int padded_end; // end of the input including its end padding
    int kernel;
    int stride;
    int dilation;
    int pad_begin;
    int output_extent;
};

struct Pool
{
    View x;
    View y; // values or indices
    PoolAxis depth;
    PoolAxis height;
    PoolAxis width;
    int blocks;      // of this launch
    int channels;    // of the tensor, from this launch's first on
    int first_plane; // batch entry * channels + first channel: for indices, which have a launch per batch entry
};

// Functions of pool.comp.
const int pool_max = 0;
const int pool_average = 1;         // over the taps in the input
const int pool_average_padding = 2; // padding counts as zeros

// Ids of specialization constants.
const int pool_kind_id = 3;            // pool.comp
const int pool_exponent_id = 3;        // pool_norm.comp
const int pool_is_column_major_id = 3; // pool_indices.comp
const int pool_blocks_id = 4;          // not pool_indices.comp, as the others below
const int pool_inner_width_id = 5;
const int pool_inner_height_id = 6;

VKSEG_CONTRACT_END

#endif
