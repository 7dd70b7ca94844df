#ifndef VKSEG_CONVERT_H
#define VKSEG_CONVERT_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

struct Convert
{
    View tensor;    // of the network's side, in its layout and storage
    int is_blocked; // its layout; the host's side is always row-major with one 32-bit word a value
    int batch;
    int channels;
    int rows;
    int width;
    int elements; // values in the tensor
};

VKSEG_CONTRACT_END

#endif
