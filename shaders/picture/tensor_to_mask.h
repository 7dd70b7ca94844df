#ifndef VKSEG_TENSOR_TO_MASK_H
#define VKSEG_TENSOR_TO_MASK_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// A mask has a label and a confidence for each pixel. A pixel without a class has one of these labels and a confidence
// of 0; a class of the same number has a confidence of at least 1 (of 255):
//     label  confidence
//       7        0      class 7
//     255        1      class 255
//     255        0      mask_not_finite
const int mask_not_finite = 255;   // a value is NaN, or values are infinite so that no class is the likeliest
const int mask_out_of_range = 254; // a probability outside 0 .. 1, or a label that is not a byte
const int mask_first_fault = 254;

// Tolerance of probabilities outside 0 .. 1, which interpolation inside a network produces.
const float mask_probability_slack = 0.25f;
// Max distance of a label from a whole number.
const float mask_label_slack = 0.01f;

// Meaning of the tensor's values.
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
    int first;  // first pixel of the masks in the dispatch, a multiple of four
    int pixels; // number of pixels in the dispatch
    int source; // mask_source_...
    int soft_class;
    float threshold;
    // A pixel at (y, x) lies in the tensor at (y + 0.5) * step + offset, clamped to low .. high.
    float step_y, step_x;
    float offset_y, offset_x;
    float low_y, low_x;
    float high_y, high_x;
    int has_labels; // flags of the wanted outputs, and their offsets in elements of four bytes
    int has_confidence;
    int has_soft_mask;
    int labels_offset;
    int confidence_offset;
    int soft_mask_offset;
};

VKSEG_CONTRACT_END

#endif
