#ifndef VKSEG_CONV_H
#define VKSEG_CONV_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// One pass of a convolution kernel over a grid of outputs. Output (row, column) of the grid is computed from the inputs
// at row * stride + origin + tap * dilation and stored at (row, column * step) of the view y. A transposed convolution
// takes one pass per output phase, with a view y whose row pitch is scaled.
// For volumes, slices take the place of batch entries. The kernels that sum over taps along the depth (conv_volume*)
// use the same weights for all slices, so in_depth replaces weights_batch_pitch. A pair packs two signed numbers into
// one int: the row's in the upper half, the column's in the lower.
struct Convolution
{
    View y;
    View x;
    View residual;
    int out_height; // of the grid
    int out_width;
    int in_height;
    int in_width;
    int kernel;   // pair
    int stride;   // pair
    int dilation; // pair; negative in transposed convolutions
    int row_origin;
    int column_origin;
    int finish; // convolution/epilogue.h
    int out_channels;
    int group_inputs; // channels per group
    int group_outputs;
    int first_tile;     // of output channels
    int weights_offset; // of tile 0, in elements; may be negative when a window of the weights begins at a later tile
    int tile_pitch;     // of the weights
    int batch;
#ifdef __cplusplus
    union {
        int weights_batch_pitch;
        int in_depth;
        uint padding;
    };
#elif defined(VOLUME)
    int in_depth;
#elif defined(BYTES)
    uint padding; // the zero point of x, four times
#else
    int weights_batch_pitch; // 0 if all batch entries have the same weights
#endif
#ifdef __cplusplus
    union {
        float a;
        int share_steps;
    };
#elif defined(PARTIAL)
    int share_steps; // steps of the depth (convolution/conv_slabs.glsl) in a workgroup's share
#else
    float a;      // of the activation
#endif
    float b;
};

// Words at the start of a block's weights in the convolutions of bytes (convolution/bytes.glsl).
const int byte_head = 16;

// Depth steps that the shared-memory kernels stage at a time.
const int shared_slab_steps = 4;

// Ids of specialization constants.
const int is_tile_fastest_id = 5;
const int depth_taps_id = 6; // volumes
const int depth_stride_id = 7;
const int depth_dilation_id = 8;
const int depth_origin_id = 9;
const int stores_bytes_id = 6; // conv_bytes.comp, conv_depthwise_bytes.comp
const int matrix_rows_id = 6;  // conv_matrices.comp
const int matrix_columns_id = 7;
const int matrix_depth_id = 8;

VKSEG_CONTRACT_END

#endif
