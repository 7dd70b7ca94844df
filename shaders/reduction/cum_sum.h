#ifndef VKSEG_CUM_SUM_H
#define VKSEG_CUM_SUM_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear, with `extent` values along the axis and `inner` after it. Each row along the axis is cut into
// `chunks` of `chunk` values, counted from the end if the sums are reverse.
struct CumSum
{
    int destination_offset; // in values
    int source_offset;
    int rows; // invocations: rows times chunks
    int extent;
    int inner;
    int chunks;
    int chunk;
};

const int cum_sum_whole = 0;  // sums up from 0
const int cum_sum_totals = 1; // writes the sum of each chunk
const int cum_sum_finish = 2; // sums up from the total of the chunks before

// Ids of specialization constants.
const int cum_sum_stage_id = 3;
const int cum_sum_is_exclusive_id = 4;
const int cum_sum_is_reverse_id = 5;

VKSEG_CONTRACT_END

#endif
