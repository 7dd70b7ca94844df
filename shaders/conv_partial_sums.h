#ifndef VKSEG_CONV_PARTIAL_SUMS_H
#define VKSEG_CONV_PARTIAL_SUMS_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// What a convolution's shares of the depth have summed up for some blocks of its outputs (conv_shared_partial.comp) is
// added up in the order of the shares, and finished as conv.h's outputs are. Of volumes, slices take the place of batch
// entries.
struct PartialSums
{
    View y;
    View residual;
    int shares;
    int elements; // of a share, which lie in the order [batch][block][row][column]
    int first_block;
    int blocks;
    int out_height; // of the grid
    int out_width;
    int finish; // as conv.h's
    int out_channels;
    float a; // of the activation
    float b;
};

VKSEG_CONTRACT_END

#endif
