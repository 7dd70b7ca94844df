#ifndef VKSEG_COL2IM_H
#define VKSEG_COL2IM_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

struct Col2imAxis
{
    int extent; // of the picture
    int kernel;
    int stride;
    int dilation;
    int pad_begin;
    int blocks; // along the axis
};

// All tensors are linear.
struct Col2im
{
    int destination_offset; // in elements of four values
    int source_offset;      // in values
    int values;             // of the pictures
    Col2imAxis depth;
    Col2imAxis height;
    Col2imAxis width;
};

VKSEG_CONTRACT_END

#endif
