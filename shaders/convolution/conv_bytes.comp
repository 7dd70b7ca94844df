#version 450
#extension GL_GOOGLE_include_directive : require
// Dense convolution of bytes: each invocation computes a register tile of outputs.
// variant conv_bytes_4x4             f32 BYTES PIXELS=4 BLOCKS=4
// variant conv_bytes_2x4             f32 BYTES PIXELS=2 BLOCKS=4
// variant conv_bytes_2x2             f32 BYTES PIXELS=2 BLOCKS=2
// variant conv_bytes_narrow          f32 BYTES PIXELS=4 BLOCKS=1
// variant conv_bytes_pointwise_4x4   f32 BYTES PIXELS=4 BLOCKS=4 IS_POINTWISE
// variant conv_bytes_pointwise_2x4   f32 BYTES PIXELS=2 BLOCKS=4 IS_POINTWISE
// variant conv_bytes_pointwise_2x2   f32 BYTES PIXELS=2 BLOCKS=2 IS_POINTWISE
// variant conv_dot_4x4               f32 BYTES PIXELS=4 BLOCKS=4 PACKED_DOT
// variant conv_dot_2x4               f32 BYTES PIXELS=2 BLOCKS=4 PACKED_DOT
// variant conv_dot_2x2               f32 BYTES PIXELS=2 BLOCKS=2 PACKED_DOT
// variant conv_dot_narrow            f32 BYTES PIXELS=4 BLOCKS=1 PACKED_DOT
// variant conv_dot_pointwise_4x4     f32 BYTES PIXELS=4 BLOCKS=4 IS_POINTWISE PACKED_DOT
// variant conv_dot_pointwise_2x4     f32 BYTES PIXELS=2 BLOCKS=4 IS_POINTWISE PACKED_DOT
// variant conv_dot_pointwise_2x2     f32 BYTES PIXELS=2 BLOCKS=2 IS_POINTWISE PACKED_DOT
//
// An invocation computes PIXELS outputs of the grid (conv.h) for a tile of 4 * BLOCKS output channels. Sums are 32-bit integers.
// Weight layout: after the heads (bytes.glsl), [input block][row tap][column tap][output block][output], a word for each output.
#include "convolution/convolution.glsl"

#if BLOCKS == 1
#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0)
#elif BLOCKS == 2
#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0) STEP(k, 1)
#elif BLOCKS == 4
#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0) STEP(k, 1) STEP(k, 2) STEP(k, 3)
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
    if (rows[0] >= p.out_height)
        end_block = first_block; // no pixel of this invocation is in the grid

    const int head = p.weights_offset + tile * p.tile_pitch;
    int w = head + BLOCKS * byte_head;
    ivec4 sums[PIXELS * BLOCKS];
#define START_SUM(k, b) sums[k * BLOCKS + b] = ivec4(load_four(head + b * byte_head));
    FOR_PIXELS_AND(FOR_BLOCKS_OF, START_SUM)

#define ACCUMULATE(k)                                                                                                  \
    sums[k * BLOCKS + b].x += MULTIPLY(values[k], w0);                                                                 \
    sums[k * BLOCKS + b].y += MULTIPLY(values[k], w1);                                                                 \
    sums[k * BLOCKS + b].z += MULTIPLY(values[k], w2);                                                                 \
    sums[k * BLOCKS + b].w += MULTIPLY(values[k], w3);
#define ACCUMULATE_BLOCK(_, block)                                                                                     \
    {                                                                                                                  \
        const int b = block;                                                                                           \
        const uvec4 rows_of_weights = load_four(w + b * 4);                                                            \
        const FACTORS w0 = factors_of(rows_of_weights.x);                                                              \
        const FACTORS w1 = factors_of(rows_of_weights.y);                                                              \
        const FACTORS w2 = factors_of(rows_of_weights.z);                                                              \
        const FACTORS w3 = factors_of(rows_of_weights.w);                                                              \
        FOR_PIXELS(ACCUMULATE)                                                                                         \
    }

#ifdef IS_POINTWISE
    // One tap, stride 1, no padding: every address lies inside the input.
    int addresses[PIXELS];
#define FIND_ADDRESS(k)                                                                                                \
    addresses[k] = view_index(p.x, batch, first_block, min(rows[k], p.in_height - 1), columns[k]);
    FOR_PIXELS(FIND_ADDRESS)
    for (int block = first_block; block < end_block; ++block)
    {
        FACTORS values[PIXELS];
#define LOAD_VALUE(k)                                                                                                  \
    values[k] = factors_of(x[addresses[k]]);                                                                           \
    addresses[k] += p.x.block_pitch;
        FOR_PIXELS(LOAD_VALUE)
        FOR_BLOCKS_OF(ACCUMULATE_BLOCK, 0)
        w += 4 * BLOCKS;
    }
#else
    int top[PIXELS]; // row and column of the first tap
    int left[PIXELS];
#define FIND_CORNER(k)                                                                                                 \
    top[k] = rows[k] * upper(p.stride) + p.row_origin;                                                                 \
    left[k] = columns[k] * lower(p.stride) + p.column_origin;
    FOR_PIXELS(FIND_CORNER)
    const uvec2 size = uvec2(p.in_width, p.in_height);
    int plane = view_index(p.x, batch, first_block, 0, 0);
    for (int block = first_block; block < end_block; ++block)
    {
        for (int dy = 0; dy != upper(p.kernel) * upper(p.dilation); dy += upper(p.dilation))
        {
            for (int dx = 0; dx != lower(p.kernel) * lower(p.dilation); dx += lower(p.dilation))
            {
                const int offset = plane + dy * p.x.row_pitch + dx;
                FACTORS values[PIXELS];
#define LOAD_INSIDE(k)                                                                                                 \
    {                                                                                                                  \
        const bool is_inside = all(lessThan(uvec2(left[k] + dx, top[k] + dy), size));                                  \
        const uint word = x[mix(0, offset + top[k] * p.x.row_pitch + left[k], is_inside)];                             \
        values[k] = factors_of(mix(p.padding, word, is_inside));                                                       \
    }
                FOR_PIXELS(LOAD_INSIDE)
                FOR_BLOCKS_OF(ACCUMULATE_BLOCK, 0)
                w += 4 * BLOCKS;
            }
        }
        plane += p.x.block_pitch;
    }
#endif

#define BLOCK(k, b) (tile * BLOCKS + b)
#define ROW(k, b) rows[k]
#define COLUMN(k, b) columns[k]
#define SUM(k, b) scaled(sums[k * BLOCKS + b], head + b * byte_head)
    // Finds the pixels again, so that they occupy no registers during the loops above, as in conv.comp.
    const int zero = min(p.batch, 0);
    const ivec2 step_by = divide(int(gl_WorkGroupSize.x) + zero, p.out_width);
    ivec2 place = divide(first_pixel() + zero, p.out_width);
#define FOR_OUTPUTS(STEP) FOR_BLOCKS_OF(STEP, 0)
#define MOVE_SUM(k, b) sums[k * BLOCKS + b] = sums[(k + 1) * BLOCKS + b];
    for (int pixel = 0; pixel < PIXELS + zero; ++pixel)
    {
        FIND_PIXEL(0)
        FINISH_OUTPUTS
        FOR_BLOCKS_OF(MOVE_SUM, 0)
#if PIXELS == 4
        FOR_BLOCKS_OF(MOVE_SUM, 1)
        FOR_BLOCKS_OF(MOVE_SUM, 2)
#endif
    }
}
