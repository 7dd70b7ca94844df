#ifndef VKSEG_DENSE_CRF_H
#define VKSEG_DENSE_CRF_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Intermediate results are f32, and pixel i = y * width + x of block b lies at b * pixels + i. The labels'
// probabilities are stored multiplied by the scale before the spatial filter.
//
// The table of constants has vec4 elements: the weights of the spatial filter, which start 7 beyond its radius, with
// zeros outside the radius; for each y, then for each x, its scales (before the filter, after it, 0, 0); and 4 x 4
// matrices by columns in the order (inputs' block, outputs' block), first of the spatial messages, then of the
// bilateral ones.

// Probabilities, or logits, from the unary and the messages. The bilateral messages lie message_pitch elements after
// the spatial ones.
struct CrfUpdate
{
    View unary;
    View result;
    int pixels;
    int width;
    int labels;
    int message_pitch;
    int scales_y; // indices into the table
    int scales_x;
    int matrices;
    float spatial_weight;
    float bilateral_weight;
};

// One pass of the spatial filter, along rows or columns: lines of `extent` values.
struct CrfSpatial
{
    int pixels;
    int blocks;
    int lines;
    int line_pitch;
    int extent;
    int pitch;
    int radius;
    int scales; // index into the table
};

// Features of a pixel, two vec4: its colour in standard deviations and the scale before the bilateral filter; then the
// scale after that filter. The scales are initially 1.
struct CrfFeatures
{
    View picture;
    int pixels;
    int width;
    float colour_scale;
};

// Messages that `count` pixels from `first` on gather from all pixels, in some of the blocks.
struct CrfExact
{
    int first;
    int count;
    int width;
    int height;
    int first_block;
    float position_scale;
};

// Scales of the bilateral filter, from its response to ones.
struct CrfNormalize
{
    int pixels;
    int width;
    int scales_y; // indices into the table
    int scales_x;
};

// Ids of specialization constants.
const int crf_blocks_id = 3;        // dense_crf_update, dense_crf_result and dense_crf_exact
const int crf_has_messages_id = 4;  // dense_crf_update and dense_crf_result
const int crf_has_matrices_id = 5;  // dense_crf_update and dense_crf_result
const int crf_gives_logits_id = 6;  // dense_crf_result
const int crf_is_of_ones_id = 4;    // dense_crf_exact
const int crf_is_along_rows_id = 3; // dense_crf_spatial
const int crf_is_symmetric_id = 3;  // dense_crf_normalize

VKSEG_CONTRACT_END

#endif
