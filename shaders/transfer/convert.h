#ifndef VKSEG_CONVERT_H
#define VKSEG_CONVERT_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Conversion between a tensor of the network and the host's 32-bit words, which are row-major in runs. A run is a
// channel's pixels if the tensor is blocked, otherwise all values. Each run is padded to elements of four values.
struct Convert
{
    View tensor;
    int is_blocked;
    int run;         // host elements in a run; in a linear tensor, those of the launch
    int values;      // in a run; in a linear tensor, from the launch's first element on
    int host_offset; // of the first run that is moved, in elements
    int width;       // of rows; used only if the tensor is blocked, like all below
    int batch;
    int channels;
    int host_batch_pitch;
};

VKSEG_CONTRACT_END

#endif
