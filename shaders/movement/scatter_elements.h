#ifndef VKSEG_SCATTER_ELEMENTS_H
#define VKSEG_SCATTER_ELEMENTS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear. There is a claim for each place that indices can name: 0, or 1 + the coordinate along the
// axis of the last update that goes there. Claims have the shape of the indices, with the extent of the data along the
// axis.
struct ScatterClaims
{
    int indices_offset; // in elements of four values
    int indices;
    int positions; // extent of the indices along the axis
    int extent;    // of the data along the axis
    int inner;     // product of the indices' extents after the axis
    int claims;    // number of elements of four
};

// The index of a value of the output is split into coordinates by `extents`, outermost first; strides turn these into
// the indices of its claim and of its update. Coordinates from `bounds` on have neither.
struct ScatterElements
{
    int values; // of the output
    int axes;
    int destination_offset; // in elements of four values
    int data_offset;
    int updates_offset; // in values
    int axis_stride;    // of the updates along the axis
    int extents[6];
    int bounds[6];
    int claim_strides[6];
    int update_strides[6];
};

// Tuples of `depth` indices lie along the last axis of the indices; a position is the sum of their products with
// strides.
struct ScatterPositions
{
    int indices_offset; // in values
    int tuples;
    int depth;
    int extents[8]; // of the indexed axes
    int strides[8];
};

// Positions are sorted row by row along the axis. `loops` count claims with the axis as the innermost one.
struct ScatterReduce
{
    ScatterElements loops;
    int extent;    // of the data along the axis
    int positions; // extent of the indices along the axis
};

const int scatter_none = 0;
const int scatter_add = 1;
const int scatter_mul = 2;
const int scatter_max = 3;
const int scatter_min = 4;

// Ids of specialization constants.
const int scatter_reduction_id = 3;

VKSEG_CONTRACT_END

#endif
