#ifndef VKSEG_SHARED_EPILOGUE_H
#define VKSEG_SHARED_EPILOGUE_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Place where a convolution adds its residual.
const int residual_none = 0;
const int residual_before_activation = 1;
const int residual_last = 2;

// Value of a specialization constant: the activation, or the place of the residual, is the one in `finish`.
const int at_run_time = -1;

// `finish` packs the epilogue of a convolution into one int: in the lower half the step between columns of the output,
// at most 32767; above it six bits for the activation (unary_kind.h); above these the place of the residual.
const int finish_activation_shift = 16;
const int finish_residual_shift = 22;

// Ids of specialization constants.
const int residual_place_id = 4;

VKSEG_CONTRACT_END

#endif
