#ifndef VKSEG_SCALE_WEIGHTS_H
#define VKSEG_SCALE_WEIGHTS_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Multiplies the weights of pointwise kernels (conv.comp) by a scale of each input channel, for each batch entry.
struct ScaleWeights
{
    View scale;   // one element per block of input channels
    int elements; // of the weights of one batch entry
    int batches;
    int tile_pitch;
    int tile_blocks; // of output channels
};

VKSEG_CONTRACT_END

#endif
