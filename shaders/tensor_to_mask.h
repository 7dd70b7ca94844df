#ifndef VKSEG_TENSOR_TO_MASK_H
#define VKSEG_TENSOR_TO_MASK_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Labels of pixels without a class; their confidence is 0, which no other pixel of these labels has.
const int mask_not_finite = 255;   // a value is NaN, or values are infinite so that no class is the likeliest
const int mask_out_of_range = 254; // a probability is not within 0 and 1, or a label is no whole number of 0 to 255
const int mask_first_fault = 254;

struct TensorToMask
{
    View tensor;
    int channels;
    int width;  // of the masks
    int first;  // pixel of the masks that the dispatch begins with, a multiple of four
    int pixels; // how many it computes
    int source; // 0 one logit, 1 one probability, 2 logits of classes, 3 probabilities of classes, 4 labels
    int soft_class;
    float threshold;
    // A pixel at (y, x) lies in the tensor at (y + 0.5) * step + offset, kept within low and high.
    float step_y, step_x;
    float offset_y, offset_x;
    float low_y, low_x;
    float high_y, high_x;
    int has_labels; // which outputs are wanted, and where they begin, in elements of four bytes
    int has_confidence;
    int has_soft_mask;
    int labels_offset;
    int confidence_offset;
    int soft_mask_offset;
};

VKSEG_CONTRACT_END

#endif
