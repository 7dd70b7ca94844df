#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Resizes along any axes with any number of taps: an invocation computes one pixel in up to four blocks of channels, which share
// the tap look-up, as weighted sums.
#include "shared/read.glsl"
#include "resize/resize.h"

layout(constant_id = resize_blocks_id) const int resize_blocks = 4; // per invocation

layout(push_constant) uniform Push { Resize p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
TENSOR_OF(vec4, 2, table)

#define FOR_BLOCKS(STEP) STEP(0) STEP(1) STEP(2) STEP(3)

void main()
{
    const int i = linear_index();
    const ivec2 row = divide(i, p.width);
    const ivec2 slice = divide(row.x, p.height);
    const ivec2 group = divide(slice.x, p.depth);
    const int first_block = group.x * resize_blocks;
    if (first_block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);

    int froms[4];
    vec4 sums[4];
#define START(b)                                                                                                       \
    froms[b] = view_index(p.x, batch, min(first_block + min(b, resize_blocks - 1), p.blocks - 1), 0, 0);               \
    sums[b] = vec4(0.0);
    FOR_BLOCKS(START)

    const int width_tap = p.width_table + row.y * p.width_taps;
    const int height_tap = p.height_table + slice.y * p.height_taps;
    const int depth_tap = p.depth_table + group.y * p.depth_taps;
    float lowest = 0.0; // of the taps' positions
    for (int k = 0; k < p.depth_taps; ++k)
    {
        const vec2 source_slice = LOAD(table, depth_tap + k).xy;
        lowest = min(lowest, source_slice.x);
        for (int j = 0; j < p.height_taps; ++j)
        {
            const vec2 line = LOAD(table, height_tap + j).xy;
            lowest = min(lowest, line.x);
            const ivec2 from = ivec2(max(vec2(source_slice.x, line.x), 0.0));
            const int source_row = (from.x * p.source_height + from.y) * p.x.row_pitch;
            const float row_weight = source_slice.y * line.y;
            for (int l = 0; l < p.width_taps; ++l)
            {
                const vec2 column = LOAD(table, width_tap + l).xy;
                lowest = min(lowest, column.x);
                const int offset = source_row + int(max(column.x, 0.0));
                const float weight = row_weight * column.y;
#define ACCUMULATE(b) sums[b] += weight * LOAD(x, froms[b] + offset);
                FOR_BLOCKS(ACCUMULATE)
            }
        }
    }
    const bvec4 is_outside = bvec4(lowest < 0.0);
#define STORE(b)                                                                                                       \
    if (b < resize_blocks && first_block + b < p.blocks)                                                               \
    {                                                                                                                  \
        const int block = first_block + b;                                                                             \
        const bvec4 is_channel = bvec4(lane_mask(block * 4, p.channels));                                              \
        const vec4 outside = mix(vec4(0.0), vec4(p.extrapolation), is_channel);                                        \
        y[view_index(p.y, batch, block, group.y * p.height + slice.y, row.y)] =                                        \
            encode(mix(sums[b], outside, is_outside));                                                                 \
    }
    FOR_BLOCKS(STORE)
}
