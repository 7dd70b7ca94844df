#ifndef VKSEG_SORT_H
#define VKSEG_SORT_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Rows are sorted as pairs uvec2(key, index along the row). Keys in rising order are values in the wanted order, and no
// two pairs of a row are equal, so there is one result only.
//
// sort_runs sorts runs of up to sort_pairs pairs. Each launch of merge_runs then merges runs two by two, until one run
// per row is left. Only the first k pairs of a run are stored, because the others cannot be among the first k of the
// row. Runs lie in the order (row, run); all runs of a row but the last are equally long.

const int sort_pairs = 1024;      // pairs of a workgroup: one run, or several if rows are short
const int sort_invocations = 128; // of a workgroup

// Key after all others, of the places after a row's last value and of filtered values. Only the smallest integer (in
// falling order) and NaN (in rising order) have the same key, and neither is read together with filtered values.
const uint sort_last_key = 0xffffffffu;

struct SortRuns
{
    int source_offset; // in values
    int extent;        // values of a row
    int inner;         // stride of a row's values, and the number of rows between two slices of the axis
    int rows;
    int runs;   // of a row
    int stored; // pairs of a run
    uint bound; // is_filtered: only values above it have a key (ordered_value)
};

struct MergeRuns
{
    int extent;
    int run;           // values that a run covers before this launch
    int runs;          // of a row, before this launch
    int stored;        // pairs of a run, before this launch
    int merged_stored; // and after it
    int pairs;         // of all runs before this launch
};

// Ids of specialization constants.
const int sort_run_bits_id = 3; // sort_runs: a run has 2^run_bits pairs
const int sort_is_rising_id = 4;
const int sort_is_filtered_id = 5; // drops NaN, too

VKSEG_CONTRACT_END

#endif
