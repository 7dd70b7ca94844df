#ifndef VKSEG_RECURRENT_H
#define VKSEG_RECURRENT_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// All tensors are linear f32, and offsets count values, except for those into the weights, which count elements of four
// values: lane g of element (direction, k, unit) is the weight of h[k] for gate g of the unit. Biases and peepholes
// follow as elements (direction, unit), and lengths as elements whose first value counts. An offset of -1 means that
// there is nothing. The state has an h for every direction, batch entry and unit in turn.
struct Recurrent
{
    int step;
    int steps; // of the longest sequence
    int batch;
    int directions;
    int units;
    int is_first_reverse; // 1: the only direction is the reverse one
    int gates_offset;
    int y_offset;
    int h_from; // state before this step; -1: zeros
    int h_to;   // state after it
    int c_from; // LSTM: cells before this step; -1: zeros
    int c_to;   // LSTM: cells after it. GRU: update gates between two launches
    int reset;  // GRU: h times the reset gates, between two launches
    int bias;
    int peepholes;
    int lengths;
    float clip; // infinity: none
    float a[6]; // of the activation functions of both directions
    float b[6];
};

const int recurrent_rnn = 0;
const int recurrent_gru = 1;
const int recurrent_lstm = 2;

const int recurrent_whole = 0;
const int recurrent_gates = 1;     // GRU that resets before the product: update and reset gates
const int recurrent_candidate = 2; // and the rest of the step

const int recurrent_tanh = 0;
const int recurrent_sigmoid = 1;
const int recurrent_relu = 2;
const int recurrent_leaky_relu = 3;
const int recurrent_thresholded_relu = 4;
const int recurrent_elu = 5;
const int recurrent_hard_sigmoid = 6;
const int recurrent_softsign = 7;
const int recurrent_softplus = 8;
const int recurrent_affine = 9;
const int recurrent_scaled_tanh = 10;

// Ids of specialization constants.
const int recurrent_kind_id = 3;
const int recurrent_phase_id = 4;
const int recurrent_has_y_id = 5;
const int recurrent_couples_forget_id = 6;
const int recurrent_function_id = 7; // 7 to 12: three functions for each direction

VKSEG_CONTRACT_END

#endif
