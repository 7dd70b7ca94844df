#ifndef VKSEG_PASTE_MASKS_H
#define VKSEG_PASTE_MASKS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Max magnitude of a box's corners after its expansion. Instances beyond it, or not finite, have no pixels.
const float paste_max_coordinate = 262144.0f;
// Max height and width of a mask: positions in it are fractions of integers, which then fit 32 bits.
const int paste_max_mask_extent = 1022;

// All tensors are linear.
struct PasteMasks
{
    int bits_offset;   // in words
    int masks_offset;  // in values, of this launch's first mask
    int boxes_offset;  // in elements of four, of this launch's first box: a box is an element
    int labels_offset; // in values, of this launch's first label
    int instances;     // of this launch
    int channels;
    int mask_height;
    int mask_width;
    int height; // of the picture
    int width;
    int words;       // of a row of bits
    float expansion; // factor of a box's sides that its mask's border adds
    float threshold;
};

// Masks that cover the network's input: pixel i of the picture lies at (i + 0.5) * step + offset of the mask, within
// low and high.
struct CropMasks
{
    int bits_offset;
    int masks_offset;
    int boxes_offset;
    int labels_offset;
    int instances;
    int channels;
    int mask_height;
    int mask_width;
    int height;
    int width;
    int words;
    float threshold;
    float step_y;
    float step_x;
    float offset_y;
    float offset_x;
    float low_y;
    float low_x;
    float high_y;
    float high_x;
};

struct PasteMasksIds
{
    int ids_offset;  // in words of four pixels
    int bits_offset; // in words
    int first_pixel; // of this launch, a multiple of 4
    int end_pixel;
    int first_instance;
    int instances; // of this launch
    int height;    // of the picture
    int width;
    int words;    // of a row of bits
    int is_first; // 1: no launch wrote ids before
};

VKSEG_CONTRACT_END

#endif
