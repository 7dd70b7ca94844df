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
const int binary_bitwise_and = 10;
const int binary_bitwise_or = 11;
const int binary_bitwise_xor = 12;
const int binary_shift_left = 13;
const int binary_shift_right = 14;
const int binary_equal = 15;
const int binary_greater = 16;
const int binary_greater_or_equal = 17;
const int binary_less = 18;
const int binary_less_or_equal = 19;
const int binary_logical_and = 20;
const int binary_logical_or = 21;
const int binary_logical_xor = 22;

// Ids of specialization constants.
const int binary_kind_id = 3;

VKSEG_CONTRACT_END

#endif
