#ifndef VKSEG_SHARED_ELEMENTWISE_H
#define VKSEG_SHARED_ELEMENTWISE_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Access to an operand of an elementwise kernel that may be broadcast: along an axis of extent 1 the pitch is 0.
struct Access
{
    View view;
    int x_pitch;
    int is_splat; // one channel is broadcast: lane 0 stands for all lanes
};

// Parameters of elementwise kernels whose operands match element by element, four values each. A linear tensor is
// treated as one batch entry of blocks of one pixel.
struct Elementwise
{
    View y;
    Access a;
    Access b;
    Access c;
    int elements; // of four values: one for each invocation
    int blocks;
    int rows;
    int width;
    int channels; // lanes of block n hold channels 4 n .. 4 n + 3; those from this one on are stored as 0
    float alpha;  // parameters of the function
    float beta;
};

// Extents that differ from 1: each one fewer saves a division.
const int walk_any = 0;
const int walk_planes = 1; // blocks and width
const int walk_flat = 2;   // blocks

// Parameters of elementwise kernels that gather each value by itself, for linear tensors under any broadcast.
// `extents`, outermost first, split the index of an output value into coordinates; strides, 0 along broadcast axes,
// turn these into indices of the operands' values.
struct ElementwiseStrided
{
    int values; // in the output
    int axes;
    int y_offset; // in elements of four values, as in a View
    int a_offset;
    int b_offset;
    int c_offset;
    int extents[6];
    int a_strides[6];
    int b_strides[6];
    int c_strides[6];
};

// Range that integer results are wrapped to: integers of all types are stored in 32 bits.
const int narrow_none = 0;
const int narrow_u8 = 1;
const int narrow_i8 = 2;
const int narrow_boolean = 3; // 1 for all values but 0

// Ids of specialization constants.
const int range_id = 4;
const int walk_id = 5;

VKSEG_CONTRACT_END

#endif
