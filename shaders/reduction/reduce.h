#ifndef VKSEG_REDUCE_H
#define VKSEG_REDUCE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Values of ReduceKind (include/vkseg/operators.hpp) for shaders.
const int reduce_mean = 0;
const int reduce_sum = 1;
const int reduce_max = 2;
const int reduce_min = 3;
const int reduce_prod = 4;
const int reduce_sum_square = 5;
const int reduce_l1 = 6;
const int reduce_l2 = 7;
const int reduce_log_sum = 8;
const int reduce_log_sum_exp = 9;

// Data that a step of the loop over the reduced axes reads. Strides and offsets of the source are counted in elements,
// or in values for `values`.
const int reduce_kept_elements = 0;    // an element of four values that belong to four results
const int reduce_reduced_elements = 1; // an element of four values that belong to one result
const int reduce_channels = 2;         // the same if channels are reduced: one result, in lane 0 of its element
const int reduce_values = 3;           // four values of four results from four places

// Long reductions take two launches: `partial` leaves sums of segments in scratch memory, `finish` adds them up.
const int reduce_whole = 0;
const int reduce_partial = 1;
const int reduce_finish = 2;

struct Reduce
{
    int kept_extents[4];        // outermost first; they split the index of a result
    int kept_strides[4];        // of the source
    int destination_strides[4]; // blocked only
    int reduced_extents[3];
    int reduced_strides[3];
    int source_offset;
    int destination_offset;
    int is_blocked; // the destination
    int elements;   // of the destination
    int values;     // linear: of the destination; lanes from this index on are stored as zero
    int channels;   // blocked: of the destination, whose block is kept axis 1, or of the source if they are reduced
    int steps;      // of the loop over the reduced axes
    int terms;      // values per result
    int segments;   // workgroups that share one element of the destination
};

// Ids of specialization constants.
const int reduce_kind_id = 3;
const int reduce_access_id = 4;
const int reduce_stage_id = 5;
const int reduce_is_shared_id = 6;
const int reduce_has_one_axis_id = 7;

VKSEG_CONTRACT_END

#endif
