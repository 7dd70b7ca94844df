#ifndef VKSEG_TOP_K_H
#define VKSEG_TOP_K_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear; offsets count elements of four values.
struct TopKPush
{
    int values_offset;
    int indices_offset;
    int source_offset;
    int extent; // of the source along the axis
    int inner;  // product of the extents after the axis
    int k;
    int count; // values of a result
};

// Ids of specialization constants.
const int top_k_has_values_id = 3;
const int top_k_has_indices_id = 4;

VKSEG_CONTRACT_END

#endif
