#ifndef VKSEG_CONV_PARTIAL_SUMS_H
#define VKSEG_CONV_PARTIAL_SUMS_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Adds up the partial sums of a convolution's shares of the depth (conv_shared_partial) for some blocks of its outputs,
// in the order of the shares, and finishes the outputs as conv.h does. For volumes, slices take the place of batch
// entries.
struct PartialSums
{
    View y;
    View residual;
    int shares;
    int elements; // of a share, in the order [batch][block][row][column]
    int first_block;
    int blocks;
    int out_height; // of the grid
    int out_width;
    int finish; // as in conv.h
    int out_channels;
    float a; // of the activation
    float b;
};

VKSEG_CONTRACT_END

#endif
