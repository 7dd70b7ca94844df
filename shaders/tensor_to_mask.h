#ifndef VKSEG_TENSOR_TO_MASK_H
#define VKSEG_TENSOR_TO_MASK_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// A mask has a label and a confidence for each pixel. A pixel that the network gives no class is marked by one of these
// labels with the confidence 0; classes of the same numbers have a confidence of 1 (of 255) at least:
//
//     label  confidence
//       7        0      class 7
//     255        1      class 255
//     255        0      mask_not_finite
const int mask_not_finite = 255;   // a value is NaN, or values are infinite so that no class is the likeliest
const int mask_out_of_range = 254; // a probability beyond 0 and 1, or a label that is no byte
const int mask_first_fault = 254;

// How far beyond 0 and 1 a probability may lie: interpolation inside a network carries it there.
const float mask_probability_slack = 0.25f;
// How far beside a whole number a label may lie.
const float mask_label_slack = 0.01f;

// What the values of the tensor are.
const int mask_source_logit = 0; // of one class against the background
const int mask_source_probability = 1;
const int mask_source_class_logits = 2;
const int mask_source_class_probabilities = 3;
const int mask_source_labels = 4;

struct TensorToMask
{
    View tensor;
    int channels;
    int width;  // of the masks
    int first;  // pixel of the masks that the dispatch begins with, a multiple of four
    int pixels; // how many it computes
    int source; // mask_source_...
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
