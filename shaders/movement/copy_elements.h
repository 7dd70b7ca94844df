#ifndef VKSEG_COPY_ELEMENTS_H
#define VKSEG_COPY_ELEMENTS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Copy of whole elements of four values between strided places; extents are outermost first.
struct CopyElements
{
    int extents[6];
    int source_strides[6];
    int destination_strides[6];
    int axes; // number of entries used above
    int source_offset;
    int destination_offset;
    int elements; // product of the extents
};

VKSEG_CONTRACT_END

#endif
