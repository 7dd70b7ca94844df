#ifndef VKSEG_BINARY_H
#define VKSEG_BINARY_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Values of BinaryKind (include/vkseg/operators.hpp) for shaders.
const int binary_add = 0;
const int binary_sub = 1;
const int binary_mul = 2;
const int binary_div = 3;
const int binary_min = 4;
const int binary_max = 5;
const int binary_pow = 6;
const int binary_prelu = 7;
const int binary_mod = 8;
const int binary_fmod = 9;
const int binary_equal = 10;
const int binary_greater = 11;
const int binary_greater_or_equal = 12;
const int binary_less = 13;
const int binary_less_or_equal = 14;
const int binary_logical_and = 15;
const int binary_logical_or = 16;
const int binary_logical_xor = 17;

// Ids of specialization constants.
const int binary_kind_id = 3;

VKSEG_CONTRACT_END

#endif
