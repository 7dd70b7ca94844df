#ifndef VKSEG_ARG_REDUCE_H
#define VKSEG_ARG_REDUCE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Data that a step along the reduced axis reads. Strides and offsets of the source are counted in elements, or in
// values for `values`.
const int arg_reduce_elements = 0; // an element of four values that belong to four results
const int arg_reduce_channels = 1; // four channels of one result, which goes to lane 0 of its element
const int arg_reduce_values = 2;   // four values of four results from four places

// Result (i0, i1, i2), row-major over the extents.
struct ArgReduce
{
    int extents[3];
    int source_strides[3];
    int destination_strides[3]; // channels only; otherwise results lie in order
    int source_offset;
    int destination_offset;
    int elements; // of the destination
    int values;   // of the destination; not used for channels
    int axis_extent;
    int axis_stride;
};

// Ids of specialization constants.
const int arg_reduce_access_id = 3;
const int arg_reduce_is_min_id = 4;
const int arg_reduce_select_last_id = 5;
const int arg_reduce_is_shared_id = 6;

VKSEG_CONTRACT_END

#endif
