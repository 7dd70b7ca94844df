#ifndef VKSEG_LRN_H
#define VKSEG_LRN_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// y = x / (bias + alpha / size * (squares of the channels from c - below to c + above)) ^ beta
struct Lrn
{
    View x;
    View y;
    int rows;
    int width;
    int channels;
    int below;
    int above;
    float alpha; // divided by size
    float beta;
    float bias;
};

VKSEG_CONTRACT_END

#endif
