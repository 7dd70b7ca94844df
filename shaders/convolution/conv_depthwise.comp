#version 450
#extension GL_GOOGLE_include_directive : require
// variant conv_depthwise              f32 f16 PIXELS=4
// variant conv_depthwise_2            f32 f16 PIXELS=2
// variant conv_depthwise_texel        f32 f16 PIXELS=4 READ_TEXELS
// variant conv_volume_depthwise       f32 f16 PIXELS=4 VOLUME
// variant conv_volume_depthwise_2     f32 f16 PIXELS=2 VOLUME
// variant conv_volume_depthwise_texel f32 f16 PIXELS=4 VOLUME READ_TEXELS
// Depthwise convolution: an invocation computes PIXELS outputs of the grid (conv.h) for one block of four channels, each channel
// from itself.
// Weight layout: for each block of channels, one element of bias, then one element of weights per tap.
#include "convolution/convolution.glsl"

void main()
{
    const int block = tile_index();
    const int batch = batch_index();
    FIND_PIXELS

    int top[PIXELS]; // row and column of the first tap
    int left[PIXELS];
    int corners[PIXELS]; // address of the first tap, which may lie outside the input
#define FIND_CORNER(k)                                                                                                 \
    top[k] = rows[k] * upper(p.stride) + p.row_origin;                                                                 \
    left[k] = columns[k] * lower(p.stride) + p.column_origin;                                                          \
    corners[k] = view_index(p.x, FIRST_PLANE, block, top[k], left[k]);
    FOR_PIXELS(FIND_CORNER)
    FIND_SLICE_TAPS

    int w = p.weights_offset + block * p.tile_pitch;
    vec4 sums[PIXELS];
    const vec4 bias = LOAD(weights, w++);
#define START_SUM(k) sums[k] = bias;
    FOR_PIXELS(START_SUM)

    const uvec2 size = uvec2(p.in_width, p.in_height);
    const int tap_rows = upper(p.kernel);
    const int tap_columns = lower(p.kernel);
    SKIP_SLICES_BEFORE(tap_rows * tap_columns)
    FOR_SLICE_TAPS
    for (int ky = 0; ky < tap_rows; ++ky)
    {
        const int dy = ky * upper(p.dilation);
        for (int kx = 0; kx < tap_columns; ++kx)
        {
            const int dx = kx * lower(p.dilation);
            const int offset = SLICE_OFFSET dy * p.x.row_pitch + dx;
            const vec4 weight = LOAD(weights, w++);
#define ACCUMULATE(k)                                                                                                  \
    {                                                                                                                  \
        const bool is_inside = all(lessThan(uvec2(left[k] + dx, top[k] + dy), size));                                  \
        const vec4 value = LOAD(x, mix(0, corners[k] + offset, is_inside));                                            \
        sums[k] += weight * mix(vec4(0), value, bvec4(is_inside));                                                     \
    }
            FOR_PIXELS(ACCUMULATE)
        }
    }

#define OF_BLOCK(STEP, k) STEP(k, 0)
#define FOR_OUTPUTS(STEP) FOR_PIXELS_AND(OF_BLOCK, STEP)
#define SUM(k, b) sums[k]
#define BLOCK(k, b) block
#define ROW(k, b) rows[k]
#define COLUMN(k, b) columns[k]
    FINISH_OUTPUTS
}
