#ifndef VKSEG_CONVERT_H
#define VKSEG_CONVERT_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Between a tensor of the network and the host's 32-bit words, which are row-major in runs: a channel's pixels if the
// tensor is blocked, else all values. Each run is padded to elements of four values.
struct Convert
{
    View tensor;
    int is_blocked;
    int run;    // elements of the host's in a run
    int values; // in a run
    int width;  // of rows; of a blocked tensor, as what follows
    int batch;
    int channels;
    int host_offset; // of the first run that is moved, in elements
    int host_batch_pitch;
};

VKSEG_CONTRACT_END

#endif
