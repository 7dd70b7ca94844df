#version 450
#extension GL_GOOGLE_include_directive : require
// variant conv_depthwise_bytes   f32 BYTES PIXELS=4
// variant conv_depthwise_bytes_2 f32 BYTES PIXELS=2
// Depthwise convolution of bytes: an invocation computes PIXELS outputs of the grid (conv.h) for one block of four channels, each
// channel from itself. Sums are 32-bit integers.
// Weight layout: for each block of channels, its head (bytes.glsl), then one word of weights per tap.
#include "convolution/convolution.glsl"

void main()
{
    const int block = tile_index();
    const int batch = batch_index();
    FIND_PIXELS

    int top[PIXELS]; // row and column of the first tap
    int left[PIXELS];
#define FIND_CORNER(k)                                                                                                 \
    top[k] = rows[k] * upper(p.stride) + p.row_origin;                                                                 \
    left[k] = columns[k] * lower(p.stride) + p.column_origin;
    FOR_PIXELS(FIND_CORNER)

    const int head = p.weights_offset + block * p.tile_pitch;
    int w = head + byte_head;
    ivec4 sums[PIXELS];
    const ivec4 start = ivec4(load_four(head));
#define START_SUM(k) sums[k] = start;
    FOR_PIXELS(START_SUM)

    const uvec2 size = uvec2(p.in_width, p.in_height);
    const int plane = view_index(p.x, batch, block, 0, 0);
    for (int dy = 0; dy != upper(p.kernel) * upper(p.dilation); dy += upper(p.dilation))
    {
        for (int dx = 0; dx != lower(p.kernel) * lower(p.dilation); dx += lower(p.dilation))
        {
            const int offset = plane + dy * p.x.row_pitch + dx;
            const ivec4 weight = unpack_bytes(weights[w++]);
#define ACCUMULATE(k)                                                                                                  \
    {                                                                                                                  \
        const bool is_inside = all(lessThan(uvec2(left[k] + dx, top[k] + dy), size));                                  \
        const uint word = x[mix(0, offset + top[k] * p.x.row_pitch + left[k], is_inside)];                             \
        sums[k] += weight * unpack_bytes(mix(p.padding, word, is_inside));                                             \
    }
            FOR_PIXELS(ACCUMULATE)
        }
    }

#define OF_BLOCK(STEP, k) STEP(k, 0)
#define FOR_OUTPUTS(STEP) FOR_PIXELS_AND(OF_BLOCK, STEP)
#define SUM(k, b) scaled(sums[k], head)
#define BLOCK(k, b) block
#define ROW(k, b) rows[k]
#define COLUMN(k, b) columns[k]
    FINISH_OUTPUTS
}
