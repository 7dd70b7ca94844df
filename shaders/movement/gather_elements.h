#ifndef VKSEG_GATHER_ELEMENTS_H
#define VKSEG_GATHER_ELEMENTS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear. The index of a value of the output is split into coordinates by `extents`, outermost first;
// strides turn these into the place in the source of the value whose coordinate along the axis is 0.
struct GatherElements
{
    int values; // of the output
    int axes;
    int destination_offset; // in elements of four values
    int source_offset;      // in values, as the next
    int indices_offset;
    int extent; // of the source along the axis
    int axis_stride;
    int extents[8];
    int strides[8];
};

// The last axis of the indices holds tuples of `depth` indices.
struct GatherNd
{
    int values;             // of the output
    int destination_offset; // in elements of four values
    int source_offset;      // in values, as the next
    int indices_offset;
    int inner;            // values of a slice
    int slices_per_batch; // of the output
    int batch_stride;     // of the source
    int depth;
    int extents[8]; // of the indexed axes
    int strides[8];
};

VKSEG_CONTRACT_END

#endif
