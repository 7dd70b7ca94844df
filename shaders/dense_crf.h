#ifndef VKSEG_DENSE_CRF_H
#define VKSEG_DENSE_CRF_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Between launches everything is f32, and pixel i = y * width + x of block b lies at b * pixels + i. The labels'
// probabilities are stored times what the spatial filter expects in front of it.
//
// The table of constants has vec4 elements: the weights of the spatial filter, from 7 beyond its radius on, with zeros
// where it does not reach; for each y, then for each x, how it scales (in front of it, behind it, 0, 0); and matrices
// of 4 x 4 by columns: those of the spatial messages in the order (inputs' block, outputs' block), then those of the
// bilateral ones.

// Probabilities, or their logits, of unary and messages. The bilateral messages lie message_pitch elements behind the
// spatial ones.
struct CrfUpdate
{
    View unary;
    View result;
    int pixels;
    int width;
    int labels;
    int message_pitch;
    int scales_y; // places in the table
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
    int scales; // place in the table
};

// A pixel's features are two vec4: its colour in standard deviations and the scale in front of the bilateral filter;
// and the scale behind it. The scales are 1 to begin with.
struct CrfFeatures
{
    View picture;
    int pixels;
    int width;
    float colour_scale;
};

// What each of `count` pixels from `first` on gathers from all of them, in some of the blocks.
struct CrfExact
{
    int first;
    int count;
    int width;
    int height;
    int first_block;
    float position_scale;
};

// Scales of the bilateral filter of its response to ones.
struct CrfNormalize
{
    int pixels;
    int width;
    int scales_y; // places in the table
    int scales_x;
};

VKSEG_CONTRACT_END

#endif
