#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Computes 8 outputs of the spatial filter along a row or a column, in one block of labels.
#include "shared/read.glsl"
#include "dense_crf.h"

layout(constant_id = 3) const bool is_along_rows = true; // neighbouring invocations are then neighbours along it

layout(push_constant) uniform Push { CrfSpatial p; };
layout(binding = 0) writeonly buffer Y { vec4 y[]; };
TENSOR(1, x)
TENSOR(2, table)

const int outputs = 8;

void main()
{
    const int runs = (p.extent + outputs - 1) / outputs;
    const ivec2 outer = divide(linear_index(), is_along_rows ? runs : p.lines);
    const ivec2 block = divide(outer.x, is_along_rows ? p.lines : runs);
    if (block.x >= p.blocks)
        return;
    const int line = is_along_rows ? block.y : outer.y;
    const int first = (is_along_rows ? outer.y : block.y) * outputs;
    const int begin = block.x * p.pixels + line * p.line_pitch;

    vec4 sum_0 = vec4(0), sum_1 = vec4(0), sum_2 = vec4(0), sum_3 = vec4(0);
    vec4 sum_4 = vec4(0), sum_5 = vec4(0), sum_6 = vec4(0), sum_7 = vec4(0);
    for (int tap = 0; tap < 2 * p.radius + outputs; ++tap)
    {
        // What this value weighs in each of the outputs: 0 in those that it does not reach.
        const vec4 low = LOAD(table, tap * 2);
        const vec4 high = LOAD(table, tap * 2 + 1);
        const int position = first - p.radius + tap;
        const bool is_inside = uint(position) < uint(p.extent);
        const vec4 value = mix(vec4(0), LOAD(x, begin + mix(0, position, is_inside) * p.pitch), bvec4(is_inside));
        sum_0 += low.x * value;
        sum_1 += low.y * value;
        sum_2 += low.z * value;
        sum_3 += low.w * value;
        sum_4 += high.x * value;
        sum_5 += high.y * value;
        sum_6 += high.z * value;
        sum_7 += high.w * value;
    }
#define STORE(i)                                                                                                       \
    if (first + i < p.extent)                                                                                          \
        y[begin + (first + i) * p.pitch] = sum_##i * LOAD(table, p.scales + first + i).y;
    STORE(0)
    STORE(1)
    STORE(2)
    STORE(3)
    STORE(4)
    STORE(5)
    STORE(6)
    STORE(7)
}
