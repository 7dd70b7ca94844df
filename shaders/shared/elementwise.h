#ifndef VKSEG_SHARED_ELEMENTWISE_H
#define VKSEG_SHARED_ELEMENTWISE_H

#include "view.h"

VKSEG_CONTRACT_BEGIN

// How an elementwise kernel reads an operand that may be broadcast: along an axis of extent 1 the pitch is 0.
struct Access
{
    View view;
    int x_pitch;
    int is_splat; // one channel for many: lane 0 stands for all lanes
};

// Elementwise kernels whose operands have whole elements of four values in step. A linear tensor is seen as one batch
// entry of blocks of one pixel.
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

// Which extents differ from 1 (specialization constant 5): every one fewer saves a division.
const int walk_any = 0;
const int walk_planes = 1; // blocks and width
const int walk_flat = 2;   // blocks

// Elementwise kernels that gather each value by itself, for linear tensors under any broadcast: value i of the output
// has coordinates by `extents`, outermost first, and the operands' values are found by strides, 0 along broadcast axes.
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

// Which range integer results are wrapped to: integers of all types are stored in 32 bits.
const int narrow_none = 0;
const int narrow_u8 = 1;
const int narrow_i8 = 2;
const int narrow_boolean = 3; // 1 for all values but 0

VKSEG_CONTRACT_END

#endif
