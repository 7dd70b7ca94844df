#ifndef VKSEG_BATCH_NORMALIZATION_H
#define VKSEG_BATCH_NORMALIZATION_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// y = (x - mean) * scale + bias, with these three as f32 vec4 for each block in `coefficients`, zero in pad lanes. The
// mean is subtracted first, because values far from zero would lose digits in x * scale.
struct BatchNormalization
{
    View x;
    View y;
    int rows;
    int width;
    int blocks;            // of this launch
    int first_coefficient; // of this launch, in vec4
    int coefficient_batch_pitch;
};

VKSEG_CONTRACT_END

#endif
