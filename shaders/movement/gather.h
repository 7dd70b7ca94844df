#ifndef VKSEG_GATHER_H
#define VKSEG_GATHER_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear; offsets count elements of four values.
struct GatherPush
{
    int destination_offset;
    int source_offset;
    int indices_offset;
    int extent;  // of the source along the axis
    int indices; // number of indices
    int inner;   // product of the extents after the axis
    int elements;
};

VKSEG_CONTRACT_END

#endif
