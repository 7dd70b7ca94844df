#ifndef VKSEG_LAYER_NORMALIZATION_H
#define VKSEG_LAYER_NORMALIZATION_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// A row is what is normalised together: `steps` elements, `block_pitch` of a view apart. Its first element is found by
// batch, row and x. `coefficients` hold two vec4 of f32 for four values of a row: scales, then biases.
struct LayerNormalization
{
    View x;
    View y;
    int rows;       // of values normalised together, in all
    int plane_rows; // extents that a row's number is taken apart by
    int plane_width;
    int steps;
    int values;   // in a row
    float factor; // of the sum of squares: 1 / values, or 1
    // The divisor is max(sqrt(factor * squares + under_root) + after_root, min_root).
    float under_root;
    float after_root;
    float min_root;
};

VKSEG_CONTRACT_END

#endif
