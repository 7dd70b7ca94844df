#ifndef VKSEG_CALIBRATE_H
#define VKSEG_CALIBRATE_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Multiply-adds of an invocation of calibrate_multiply_add in one trip through its loop.
const int multiply_adds_per_trip = 64;

struct MultiplyAddPush
{
    int trips;
    float scale; // below 1, so that values stay bounded
    float shift;
};

// Elements of four values that one invocation of calibrate_copy copies.
const int copies_per_invocation = 4;

struct CopyPush
{
    int elements;
};

VKSEG_CONTRACT_END

#endif
