#ifndef VKSEG_CHAIN_H
#define VKSEG_CHAIN_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Functions of a step, applied to the value v, its operand w, and the constants a and b.
const int chain_add = 0;
const int chain_sub = 1;
const int chain_sub_from = 2; // w - v
const int chain_mul = 3;
const int chain_div = 4;
const int chain_div_into = 5; // w / v
const int chain_min = 6;
const int chain_max = 7;
const int chain_prelu = 8; // v < 0 ? v w : v
const int chain_square = 9;
const int chain_clip = 10; // to a .. b
const int chain_hard_sigmoid = 11;
const int chain_hard_swish = 12;
const int chain_abs = 13;
const int chain_sqrt = 14;
const int chain_exp = 15;
const int chain_sigmoid = 16;
const int chain_tanh = 17;
const int chain_round = 18; // halves to even

// Operand of a step: an input by number, or the constant a.
const int chain_constant = 3;

// Ids of specialization constants. Each step has four, which follow those of the step before.
const int chain_steps_id = 3;
const int chain_inputs_id = 4;
const int chain_function_id = 6;
const int chain_operand_id = 7;
const int chain_a_id = 8;
const int chain_b_id = 9;
const int chain_step_ids = 4;
const int chain_bytes_id = 30; // after those of six steps; chain_bytes

VKSEG_CONTRACT_END

#endif
