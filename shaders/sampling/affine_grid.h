#ifndef VKSEG_AFFINE_GRID_H
#define VKSEG_AFFINE_GRID_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear; offsets count elements of four values.
struct AffineGrid
{
    int grid_offset;
    int theta_offset;
    int values; // of the grid
    int axes;   // 2 or 3: coordinates of a position
    int depth;
    int height;
    int width;
};

// Ids of specialization constants.
const int affine_grid_align_corners_id = 3;

VKSEG_CONTRACT_END

#endif
