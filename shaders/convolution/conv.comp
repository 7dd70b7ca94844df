#version 450
#extension GL_GOOGLE_include_directive : require
// Dense convolution: each invocation computes a register tile of outputs.
// variant conv                         f32 f16 PIXELS=8 BLOCKS=2
// variant conv_4x4                     f32 f16 PIXELS=4 BLOCKS=4
// variant conv_halves_4x4              f16     PIXELS=4 BLOCKS=4 HALVES
// variant conv_2x4                     f32 f16 PIXELS=2 BLOCKS=4
// variant conv_halves_2x4              f16     PIXELS=2 BLOCKS=4 HALVES
// variant conv_2x2                     f32 f16 PIXELS=2 BLOCKS=2
// variant conv_texel                   f32 f16 PIXELS=4 BLOCKS=4 READ_TEXELS
// variant conv_halves_texel            f16     PIXELS=4 BLOCKS=4 READ_TEXELS HALVES
// variant conv_shuffle                 f32 f16 software PIXELS=4 BLOCKS=4 READ_TEXELS SHUFFLE_WEIGHTS
// variant conv_weight_texels           f32 f16 PIXELS=4 BLOCKS=4 WEIGHT_TEXELS
// variant conv_narrow                  f32 f16 PIXELS=8 BLOCKS=1
// variant conv_narrow_4x1              f32 f16 PIXELS=4 BLOCKS=1
// variant conv_narrow_2x1              f32 f16 PIXELS=2 BLOCKS=1
// variant conv_narrow_half_weights     f32     PIXELS=8 BLOCKS=1 HALF_WEIGHTS
// variant conv_narrow_half_weights_4x1 f32     PIXELS=4 BLOCKS=1 HALF_WEIGHTS
// variant conv_narrow_half_weights_2x1 f32     PIXELS=2 BLOCKS=1 HALF_WEIGHTS
// variant conv_narrow_texel            f32 f16 PIXELS=8 BLOCKS=1 READ_TEXELS
// variant conv_pointwise               f32 f16 PIXELS=8 BLOCKS=2 IS_POINTWISE
// variant conv_pointwise_4x4           f32 f16 PIXELS=4 BLOCKS=4 IS_POINTWISE
// variant conv_pointwise_halves_4x4    f16     PIXELS=4 BLOCKS=4 IS_POINTWISE HALVES
// variant conv_pointwise_2x4           f32 f16 PIXELS=2 BLOCKS=4 IS_POINTWISE
// variant conv_pointwise_halves_2x4    f16     PIXELS=2 BLOCKS=4 IS_POINTWISE HALVES
// variant conv_pointwise_2x2           f32 f16 PIXELS=2 BLOCKS=2 IS_POINTWISE
// variant conv_pointwise_half_weights  f32     PIXELS=8 BLOCKS=2 IS_POINTWISE HALF_WEIGHTS
// variant conv_pointwise_half_weights_4x4 f32  PIXELS=4 BLOCKS=4 IS_POINTWISE HALF_WEIGHTS
// variant conv_pointwise_half_weights_2x4 f32  PIXELS=2 BLOCKS=4 IS_POINTWISE HALF_WEIGHTS
// variant conv_pointwise_half_weights_2x2 f32  PIXELS=2 BLOCKS=2 IS_POINTWISE HALF_WEIGHTS
// variant conv_pointwise_texel         f32 f16 PIXELS=4 BLOCKS=4 IS_POINTWISE READ_TEXELS
// variant conv_pointwise_halves_texel  f16     PIXELS=4 BLOCKS=4 IS_POINTWISE READ_TEXELS HALVES
// variant conv_pointwise_long          f32 f16 PIXELS=8 BLOCKS=4 IS_POINTWISE READ_TEXELS
// variant conv_pointwise_shuffle       f32 f16 software PIXELS=4 BLOCKS=4 IS_POINTWISE READ_TEXELS SHUFFLE_WEIGHTS
// variant conv_pointwise_weight_texels f32 f16 PIXELS=4 BLOCKS=4 IS_POINTWISE WEIGHT_TEXELS
// variant conv_phases                  f32 f16 PIXELS=4 BLOCKS=4 IS_POINTWISE PHASES
// variant conv_phases_2                f32 f16 PIXELS=2 BLOCKS=4 IS_POINTWISE PHASES
// variant conv_phases_1                f32 f16 PIXELS=1 BLOCKS=4 IS_POINTWISE PHASES
// variant conv_phases_texel            f32 f16 PIXELS=4 BLOCKS=4 IS_POINTWISE PHASES READ_TEXELS
// variant conv_phases_shuffle          f32 f16 software PIXELS=4 BLOCKS=4 IS_POINTWISE PHASES READ_TEXELS SHUFFLE_WEIGHTS
// variant conv_volume                  f32 f16 PIXELS=8 BLOCKS=2 VOLUME
// variant conv_volume_4x4              f32 f16 PIXELS=4 BLOCKS=4 VOLUME
// variant conv_volume_halves_4x4       f16     PIXELS=4 BLOCKS=4 VOLUME HALVES
// variant conv_volume_2x4              f32 f16 PIXELS=2 BLOCKS=4 VOLUME
// variant conv_volume_halves_2x4       f16     PIXELS=2 BLOCKS=4 VOLUME HALVES
// variant conv_volume_2x2              f32 f16 PIXELS=2 BLOCKS=2 VOLUME
// variant conv_volume_texel            f32 f16 PIXELS=4 BLOCKS=4 VOLUME READ_TEXELS
// variant conv_volume_halves_texel     f16     PIXELS=4 BLOCKS=4 VOLUME READ_TEXELS HALVES
// variant conv_volume_shuffle          f32 f16 software PIXELS=4 BLOCKS=4 VOLUME READ_TEXELS SHUFFLE_WEIGHTS
// variant conv_volume_weight_texels    f32 f16 PIXELS=4 BLOCKS=4 VOLUME WEIGHT_TEXELS
// variant conv_volume_narrow           f32 f16 PIXELS=8 BLOCKS=1 VOLUME
// variant conv_volume_narrow_4x1       f32 f16 PIXELS=4 BLOCKS=1 VOLUME
// variant conv_volume_narrow_2x1       f32 f16 PIXELS=2 BLOCKS=1 VOLUME
// variant conv_volume_narrow_texel     f32 f16 PIXELS=8 BLOCKS=1 VOLUME READ_TEXELS
//
// An invocation computes PIXELS outputs of the grid (conv.h) for a tile of 4 * BLOCKS output channels.
// Weight layout: for each tile, BLOCKS elements of bias, then [input block][row tap][column tap][output block][input lane]. Each
// element holds the weights to the four outputs of its block. The input blocks of a tile are those of the groups that its outputs
// belong to. The weight between an input and an output of different groups is zero.
//
// With VOLUME the weight layout has slice taps, too, [input block][slice tap][row tap]…, and output slices take the place of
// batch entries (conv.h).
//
// With PHASES the blocks are the four phases of a transposed convolution with 2 x 2 kernels, stride 2 and at most four output
// channels, and the grid is that of the inputs.
//
// With HALVES the four products with an input block are summed in f16, and these sums are accumulated in f32.
//
// With SHUFFLE_WEIGHTS eight invocations of a subgroup load different weights and exchange them by shuffles, instead of each
// loading all of them. The subgroup needs at least eight invocations.

// Small tiles that read storage buffers are for GPUs with few registers. Their kernels recompute addresses instead of holding
// them, and their loops count in inputs rather than taps, so that one counter serves for both.
#if PIXELS < 8 && !defined(READ_TEXELS) && !defined(WEIGHT_TEXELS)
#define HOLDS_LITTLE
#if BLOCKS > 1 && (defined(STORAGE_F16) || defined(HALF_WEIGHTS))
#define PAIRED_WEIGHTS
#endif
#endif
#ifdef HALVES
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#endif
#ifdef SHUFFLE_WEIGHTS
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#endif
#if BLOCKS == 1 || defined(PHASES)
#define FUSES_SIGMOID
#endif
#include "convolution/convolution.glsl"

#if BLOCKS == 1
#define FOR_BLOCKS(STEP) STEP(0)
#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0)
#elif BLOCKS == 2
#define FOR_BLOCKS(STEP) STEP(0) STEP(1)
#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0) STEP(k, 1)
#elif BLOCKS == 4
#define FOR_BLOCKS(STEP) STEP(0) STEP(1) STEP(2) STEP(3)
#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0) STEP(k, 1) STEP(k, 2) STEP(k, 3)
#endif
#if defined(HOLDS_LITTLE) && PIXELS == 4
#define FINISHES_IN_TURN
#define FOR_OUTPUTS(STEP) FOR_BLOCKS_OF(STEP, 0)
#else
#define FOR_OUTPUTS(STEP) FOR_PIXELS_AND(FOR_BLOCKS_OF, STEP)
#endif

void main()
{
    const int tile = tile_index();
    const int batch = batch_index();
    FIND_PIXELS

    const int first_channel = tile * (4 * BLOCKS);
    const int last_channel = min(first_channel + 4 * BLOCKS, p.out_channels) - 1;
    const int first_block = first_channel / p.group_outputs * p.group_inputs / 4;
    int end_block = ((last_channel / p.group_outputs + 1) * p.group_inputs + 3) / 4;
#ifndef SHUFFLE_WEIGHTS
    if (rows[0] >= p.out_height)
        end_block = first_block; // no pixel of this invocation is in the grid: small grids leave most of a workgroup idle
#endif

#ifdef VOLUME
    int w = p.weights_offset + tile * p.tile_pitch;
#else
    int w = p.weights_offset + batch * p.weights_batch_pitch + tile * p.tile_pitch;
#endif
    vec4 sums[PIXELS * BLOCKS];
#define START_SUM(k) sums[k * BLOCKS + b] = bias;
#define START_BLOCK(block)                                                                                             \
    {                                                                                                                  \
        const int b = block;                                                                                           \
        const vec4 bias = vec4(LOAD_WEIGHT(w, b));                                                                     \
        FOR_PIXELS(START_SUM)                                                                                          \
    }
    FOR_BLOCKS(START_BLOCK)
    w += BLOCKS;

#ifdef HALVES
#define ACCUMULATE(k)                                                                                                  \
    sums[k * BLOCKS + b] += vec4(w0 * values[k].x + w1 * values[k].y + w2 * values[k].z + w3 * values[k].w);
#define ACCUMULATE_BLOCK(block)                                                                                        \
    {                                                                                                                  \
        const int b = block;                                                                                           \
        const f16vec4 w0 = WEIGHT(b * 4);                                                                              \
        const f16vec4 w1 = WEIGHT(b * 4 + 1);                                                                          \
        const f16vec4 w2 = WEIGHT(b * 4 + 2);                                                                          \
        const f16vec4 w3 = WEIGHT(b * 4 + 3);                                                                          \
        FOR_PIXELS(ACCUMULATE)                                                                                         \
    }
#elif !defined(HOLDS_LITTLE)
#define ACCUMULATE(k)                                                                                                  \
    sums[k * BLOCKS + b] += w0 * values[k].x;                                                                          \
    sums[k * BLOCKS + b] += w1 * values[k].y;                                                                          \
    sums[k * BLOCKS + b] += w2 * values[k].z;                                                                          \
    sums[k * BLOCKS + b] += w3 * values[k].w;
#define ACCUMULATE_BLOCK(block)                                                                                        \
    {                                                                                                                  \
        const int b = block;                                                                                           \
        const vec4 w0 = WEIGHT(b * 4);                                                                                 \
        const vec4 w1 = WEIGHT(b * 4 + 1);                                                                             \
        const vec4 w2 = WEIGHT(b * 4 + 2);                                                                             \
        const vec4 w3 = WEIGHT(b * 4 + 3);                                                                             \
        FOR_PIXELS(ACCUMULATE)                                                                                         \
    }
#else // the same summation order, with one weight at a time
#define ACCUMULATE(k) sums[k * BLOCKS + b] += weight * values[k][lane];
#define ACCUMULATE_LANE(block, l)                                                                                      \
    {                                                                                                                  \
        const int b = block;                                                                                           \
        const int lane = l;                                                                                            \
        const vec4 weight = WEIGHT(b * 4 + lane);                                                                      \
        FOR_PIXELS(ACCUMULATE)                                                                                         \
    }
#define ACCUMULATE_BLOCK(b) ACCUMULATE_LANE(b, 0) ACCUMULATE_LANE(b, 1) ACCUMULATE_LANE(b, 2) ACCUMULATE_LANE(b, 3)
#endif
#ifdef SHUFFLE_WEIGHTS
    const int lane = int(gl_SubgroupInvocationID) & 7;
    vec4 held[BLOCKS / 2];
#define HOLD_WEIGHTS                                                                                                   \
    for (int i = 0; i < BLOCKS / 2; ++i)                                                                               \
        held[i] = LOAD_WEIGHT(w + i * 8 + lane, 0);
#define WEIGHT(i) subgroupShuffle(held[(i) / 8], (i) % 8)
#else
#define HOLD_WEIGHTS
#define WEIGHT(i) LOAD_WEIGHT(w, i)
#endif

#ifdef IS_POINTWISE
    // One tap, stride 1, no padding: every address lies inside the input.
    int addresses[PIXELS];
#define FIND_ADDRESS(k)                                                                                                \
    addresses[k] = view_index(p.x, batch, first_block, min(rows[k], p.in_height - 1), columns[k]);
    FOR_PIXELS(FIND_ADDRESS)
    for (int block = first_block; block < end_block; ++block)
    {
        FACTOR values[PIXELS];
#define LOAD_VALUE(k)                                                                                                  \
    values[k] = LOAD_FACTOR(x, addresses[k]);                                                                          \
    addresses[k] += p.x.block_pitch;
        FOR_PIXELS(LOAD_VALUE)
        HOLD_WEIGHTS
        FOR_BLOCKS(ACCUMULATE_BLOCK)
        w += 4 * BLOCKS;
    }
#else
    const int tap_rows = upper(p.kernel);
    const int tap_columns = lower(p.kernel);
    const int row_dilation = upper(p.dilation);
    const int column_dilation = lower(p.dilation);
    int top[PIXELS]; // row and column of the first tap
    int left[PIXELS];
#ifdef HOLDS_LITTLE
    int plane = view_index(p.x, FIRST_PLANE, first_block, 0, 0);
#define KEEP_CORNER(k)
#define ADDRESS(k) (plane + offset + top[k] * p.x.row_pitch + left[k])
#else
    int corners[PIXELS]; // address of the first tap, which may lie outside the input
#define KEEP_CORNER(k) corners[k] = view_index(p.x, FIRST_PLANE, first_block, top[k], left[k]);
#define ADDRESS(k) (corners[k] + offset)
#endif
#define FIND_CORNER(k)                                                                                                 \
    top[k] = rows[k] * upper(p.stride) + p.row_origin;                                                                 \
    left[k] = columns[k] * lower(p.stride) + p.column_origin;                                                          \
    KEEP_CORNER(k)
    FOR_PIXELS(FIND_CORNER)
    FIND_SLICE_TAPS
    const uvec2 size = uvec2(p.in_width, p.in_height);
#define LOAD_INSIDE(k)                                                                                                 \
    {                                                                                                                  \
        const bool is_inside = all(lessThan(uvec2(left[k] + dx, top[k] + dy), size));                                  \
        values[k] = mix(FACTOR(0), LOAD_FACTOR(x, mix(0, ADDRESS(k), is_inside)), bvec4(is_inside));                   \
    }
#ifdef HOLDS_LITTLE
    for (int block = first_block; block < end_block; ++block)
    {
        SKIP_SLICES_BEFORE(upper(p.kernel) * lower(p.kernel) * 4 * BLOCKS)
        FOR_SLICE_TAPS
        for (int dy = 0; dy != upper(p.kernel) * upper(p.dilation); dy += upper(p.dilation))
        {
            for (int dx = 0; dx != lower(p.kernel) * lower(p.dilation); dx += lower(p.dilation))
            {
                const int offset = SLICE_OFFSET dy * p.x.row_pitch + dx;
                FACTOR values[PIXELS];
                FOR_PIXELS(LOAD_INSIDE)
                HOLD_WEIGHTS
                FOR_BLOCKS(ACCUMULATE_BLOCK)
                w += 4 * BLOCKS;
            }
        }
        SKIP_SLICES_BEHIND(upper(p.kernel) * lower(p.kernel) * 4 * BLOCKS)
        plane += p.x.block_pitch;
    }
#else
    int block_offset = 0;
    for (int block = first_block; block < end_block; ++block)
    {
        SKIP_SLICES_BEFORE(tap_rows * tap_columns * 4 * BLOCKS)
        FOR_SLICE_TAPS
        for (int ky = 0; ky < tap_rows; ++ky)
        {
            const int dy = ky * row_dilation;
            for (int kx = 0; kx < tap_columns; ++kx)
            {
                const int dx = kx * column_dilation;
                const int offset = block_offset + SLICE_OFFSET dy * p.x.row_pitch + dx;
                FACTOR values[PIXELS];
                FOR_PIXELS(LOAD_INSIDE)
                HOLD_WEIGHTS
                FOR_BLOCKS(ACCUMULATE_BLOCK)
                w += 4 * BLOCKS;
            }
        }
        SKIP_SLICES_BEHIND(tap_rows * tap_columns * 4 * BLOCKS)
        block_offset += p.x.block_pitch;
    }
#endif
#endif

#define SUM(k, b) sums[k * BLOCKS + b]
#ifdef PHASES
#define BLOCK(k, b) 0
#define ROW(k, b) (rows[k] * 2 + b / 2)
#define COLUMN(k, b) (columns[k] * 2 + b % 2)
#else
#define BLOCK(k, b) (tile * BLOCKS + b)
#define ROW(k, b) rows[k]
#define COLUMN(k, b) columns[k]
#endif
#ifdef HOLDS_LITTLE
    // Finds the pixels again, so that they occupy no registers during the loops above. Compilers cannot see that `zero` is 0;
    // otherwise they would keep the pixels in registers all the same.
    const int zero = min(p.batch, 0);
    const ivec2 step_by = divide(int(gl_WorkGroupSize.x) + zero, p.out_width);
    ivec2 place = divide(first_pixel() + zero, p.out_width);
#endif
#ifdef FINISHES_IN_TURN
    // Moves the sums of one pixel after another to the front, where a single copy of the finishing code handles them. One copy
    // per pixel would be most of the kernel and of its compile time.
#define MOVE_SUM(k, b) sums[k * BLOCKS + b] = sums[(k + 1) * BLOCKS + b];
    for (int pixel = 0; pixel < PIXELS + zero; ++pixel)
    {
        FIND_PIXEL(0)
        FINISH_OUTPUTS
        FOR_BLOCKS_OF(MOVE_SUM, 0)
        FOR_BLOCKS_OF(MOVE_SUM, 1)
        FOR_BLOCKS_OF(MOVE_SUM, 2)
    }
#else
#ifdef HOLDS_LITTLE
    FOR_PIXELS(FIND_PIXEL)
#endif
    FINISH_OUTPUTS
#endif
}
