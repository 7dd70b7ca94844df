#ifndef VKSEG_SHARED_VIEW_H
#define VKSEG_SHARED_VIEW_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Layout of a tensor in its buffer, counted in elements of four values.
// blocked: element (n, c / 4, row, x) with row = d * H + h lies at
//          offset + n * batch_pitch + (c / 4) * block_pitch + row * row_pitch + x, and holds channels c .. c + 3.
// linear:  values 4 i .. 4 i + 3 of the row-major tensor lie at offset + i; the pitches are not used.
struct View
{
    int offset;
    int batch_pitch;
    int block_pitch;
    int row_pitch;
};

VKSEG_CONTRACT_END

#endif
