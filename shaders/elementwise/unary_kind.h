#ifndef VKSEG_SHARED_UNARY_KIND_H
#define VKSEG_SHARED_UNARY_KIND_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Values of UnaryKind (include/vkseg/operators.hpp) for shaders.
const int unary_identity = 0;
const int unary_relu = 1;
const int unary_leaky_relu = 2;
const int unary_elu = 3;
const int unary_selu = 4;
const int unary_celu = 5;
const int unary_sigmoid = 6;
const int unary_hard_sigmoid = 7;
const int unary_hard_swish = 8;
const int unary_tanh = 9;
const int unary_softplus = 10;
const int unary_softsign = 11;
const int unary_thresholded_relu = 12;
const int unary_clip = 13;
const int unary_exp = 14;
const int unary_log = 15;
const int unary_sqrt = 16;
const int unary_abs = 17;
const int unary_neg = 18;
const int unary_floor = 19;
const int unary_ceil = 20;
const int unary_round = 21;
const int unary_reciprocal = 22;
const int unary_erf = 23;
const int unary_mish = 24;
const int unary_gelu = 25;
const int unary_gelu_tanh = 26;
const int unary_sign = 27;
const int unary_sin = 28;
const int unary_cos = 29;
const int unary_logical_not = 30;
const int unary_tan = 31;
const int unary_asin = 32;
const int unary_acos = 33;
const int unary_atan = 34;
const int unary_sinh = 35;
const int unary_cosh = 36;
const int unary_asinh = 37;
const int unary_acosh = 38;
const int unary_atanh = 39;

// Ids of specialization constants.
const int unary_kind_id = 3;

VKSEG_CONTRACT_END

#endif
