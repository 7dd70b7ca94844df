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

VKSEG_CONTRACT_END

#endif
