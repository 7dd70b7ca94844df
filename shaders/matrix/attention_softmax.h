#ifndef VKSEG_ATTENTION_SOFTMAX_H
#define VKSEG_ATTENTION_SOFTMAX_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Softmax over rows of scores, after up to two terms are added. Terms are read value by value, at strides that are 0
// along axes they are broadcast along.
struct AttentionSoftmax
{
    int columns;
    int pitch;   // elements from row to row of the scores
    int rows;    // of each entry that is computed
    int entries; // that are computed
    int first_entry;
    int first_row;
    int entry_extents[4]; // axes of all entries, outermost first
    int a_entry_strides[4];
    int b_entry_strides[4];
    int a_offset;
    int a_row_stride;
    int a_column_stride;
    int b_offset;
    int b_row_stride;
    int b_column_stride;
};

// Ids of specialization constants.
const int attention_terms_id = 3; // 0 to 2

VKSEG_CONTRACT_END

#endif
