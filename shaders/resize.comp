#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes one pixel of a resized tensor in four blocks of channels, which share the look-up of taps: weighted sums of
// the taps along every axis.
#include "shared/read.glsl"
#include "resize.h"

layout(push_constant) uniform Push { Resize p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
layout(binding = 2) readonly buffer Table { ivec2 table[]; };

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
    const ivec3 place = ivec3(row.y, slice.y, group.y);

    int froms[resize_blocks];
    vec4 sums[resize_blocks];
#define START(b)                                                                                                       \
    froms[b] = view_index(p.x, batch, min(first_block + b, p.blocks - 1), 0, 0);                                       \
    sums[b] = vec4(0.0);
    FOR_BLOCKS(START)

    const int width_tap = p.width_taps.first + place.x * p.width_taps.count;
    const int height_tap = p.height_taps.first + place.y * p.height_taps.count;
    const int depth_tap = p.depth_taps.first + place.z * p.depth_taps.count;
    int lowest = 0; // of the taps' positions
    for (int k = 0; k < p.depth_taps.count; ++k)
    {
        const ivec2 source_slice = table[depth_tap + k];
        lowest = min(lowest, source_slice.x);
        for (int j = 0; j < p.height_taps.count; ++j)
        {
            const ivec2 line = table[height_tap + j];
            lowest = min(lowest, line.x);
            const int source_row = (max(source_slice.x, 0) * p.source_height + max(line.x, 0)) * p.x.row_pitch;
            const float row_weight = intBitsToFloat(source_slice.y) * intBitsToFloat(line.y);
            for (int l = 0; l < p.width_taps.count; ++l)
            {
                const ivec2 column = table[width_tap + l];
                lowest = min(lowest, column.x);
                const int offset = source_row + max(column.x, 0);
                const float weight = row_weight * intBitsToFloat(column.y);
#define ACCUMULATE(b) sums[b] += weight * LOAD(x, froms[b] + offset);
                FOR_BLOCKS(ACCUMULATE)
            }
        }
    }
    const bvec4 is_outside = bvec4(lowest < 0);
#define STORE(b)                                                                                                       \
    if (first_block + b < p.blocks)                                                                                    \
    {                                                                                                                  \
        const int block = first_block + b;                                                                             \
        const bvec4 is_channel = bvec4(lane_mask(block * 4, p.channels));                                              \
        const vec4 outside = mix(vec4(0.0), vec4(p.extrapolation), is_channel);                                        \
        y[view_index(p.y, batch, block, place.z * p.height + place.y, place.x)] =                                      \
            encode(mix(sums[b], outside, is_outside));                                                                 \
    }
    FOR_BLOCKS(STORE)
}
