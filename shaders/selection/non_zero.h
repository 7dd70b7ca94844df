#ifndef VKSEG_NON_ZERO_H
#define VKSEG_NON_ZERO_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

const int non_zero_invocations = 64;
const int non_zero_share = 16; // consecutive values that an invocation tests
const int non_zero_block = non_zero_invocations * non_zero_share;

// All tensors are linear, and a workgroup tests a block of values. The state holds the number of nonzero values in each
// block; after non_zero_offsets, their number in all blocks before it, and at the end that of all blocks.
struct NonZero
{
    int source_offset; // in elements of four values, as the others
    int indices_offset;
    int count_offset;
    int values; // of the source: also the number of columns
    int blocks;
    uint magnitude_bits; // bits of a value that are all 0 if it is 0
    int axes;
    int extents[6];
};

// Ids of specialization constants.
const int non_zero_has_count_id = 3;

VKSEG_CONTRACT_END

#endif
