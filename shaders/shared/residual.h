#ifndef VKSEG_SHARED_RESIDUAL_H
#define VKSEG_SHARED_RESIDUAL_H

#include "contract.h"

VKSEG_CONTRACT_BEGIN

// Where a convolution adds its residual.
const int residual_none = 0;
const int residual_before_activation = 1;
const int residual_last = 2;

VKSEG_CONTRACT_END

#endif
