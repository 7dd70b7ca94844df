#ifndef VKSEG_LAYER_NORMALIZATION_H
#define VKSEG_LAYER_NORMALIZATION_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// A row holds the values that are normalised together: `steps` elements, a view's `block_pitch` apart. Batch, row and x
// give its first element. `coefficients` holds two f32 vec4 for four values of a row: scales, then biases.
struct LayerNormalization
{
    View x;
    View y;
    int rows;       // total number
    int plane_rows; // extents that split a row's number into batch, row and x
    int plane_width;
    int steps;
    int values;   // in a row
    float factor; // of the sum of squares: 1 / values, or 1
    // The divisor is max(sqrt(factor * squares + under_root) + after_root, min_root).
    float under_root;
    float after_root;
    float min_root;
};

// Ids of specialization constants.
const int normalization_is_centred_id = 3;
const int normalization_is_across_id = 4;
const int normalization_lanes_id = 5;
const int normalization_are_lanes_adjacent_id = 6;
const int normalization_has_coefficients_id = 7;

VKSEG_CONTRACT_END

#endif
