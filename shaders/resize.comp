#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes one element of a resized tensor as the weighted sum of its taps along every axis.
#include "shared/tensor.glsl"
#include "resize.h"

layout(push_constant) uniform Push { Resize p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };
layout(binding = 2) readonly buffer Table { ivec2 table[]; };

void main()
{
    const int i = linear_index();
    const int rows = i / p.width;
    const int slices = rows / p.height;
    const int block = slices / p.depth;
    if (block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const ivec3 place = ivec3(i - rows * p.width, rows - slices * p.height, slices - block * p.depth);

    const int width_tap = p.width_taps.first + place.x * p.width_taps.count;
    const int height_tap = p.height_taps.first + place.y * p.height_taps.count;
    const int depth_tap = p.depth_taps.first + place.z * p.depth_taps.count;
    vec4 result = vec4(0.0);
    for (int k = 0; k < p.depth_taps.count; ++k)
    {
        const ivec2 slice = table[depth_tap + k];
        for (int j = 0; j < p.height_taps.count; ++j)
        {
            const ivec2 line = table[height_tap + j];
            const int row = max(slice.x, 0) * p.source_height + max(line.x, 0);
            const int from = view_index(p.x, batch, block, row, 0);
            vec4 sum = vec4(0.0);
            for (int l = 0; l < p.width_taps.count; ++l)
            {
                const ivec2 column = table[width_tap + l];
                sum += intBitsToFloat(column.y) * decode(x[from + max(column.x, 0)]);
            }
            result += intBitsToFloat(slice.y) * intBitsToFloat(line.y) * sum;
        }
    }
    const bool is_outside = min(table[width_tap].x, min(table[height_tap].x, table[depth_tap].x)) < 0;
    const vec4 outside = mix(vec4(0.0), vec4(p.extrapolation), bvec4(lane_mask(block * 4, p.channels)));
    result = mix(result, outside, bvec4(is_outside));
    y[view_index(p.y, batch, block, place.z * p.height + place.y, place.x)] = encode(result);
}
