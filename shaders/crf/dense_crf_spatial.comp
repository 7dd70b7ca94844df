#version 450
#extension GL_GOOGLE_include_directive : require
// variant dense_crf_spatial         f32 OUTPUTS=8
// variant dense_crf_spatial_texel   f32 OUTPUTS=8 READ_TEXELS
// variant dense_crf_spatial_4       f32 OUTPUTS=4
// variant dense_crf_spatial_4_texel f32 OUTPUTS=4 READ_TEXELS
// Computes OUTPUTS outputs of the spatial filter along a row or a column, in one block of labels.
#include "shared/read.glsl"
#include "crf/dense_crf.h"

// Neighbouring invocations are then neighbours along the row.
layout(constant_id = crf_is_along_rows_id) const bool is_along_rows = true;

layout(push_constant) uniform Push { CrfSpatial p; };
layout(binding = 0) writeonly buffer Y { vec4 y[]; };
TENSOR(1, x)
TENSOR(2, table)

const int outputs = OUTPUTS;

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
#if OUTPUTS == 8
    vec4 sum_4 = vec4(0), sum_5 = vec4(0), sum_6 = vec4(0), sum_7 = vec4(0);
#define ADD_4_TO_7(w_4, w_5, w_6, w_7)                                                                                 \
    sum_4 += w_4 * value;                                                                                              \
    sum_5 += w_5 * value;                                                                                              \
    sum_6 += w_6 * value;                                                                                              \
    sum_7 += w_7 * value;
#else
#define ADD_4_TO_7(w_4, w_5, w_6, w_7)
#endif
#define ADD(i, w_0, w_1, w_2, w_3, w_4, w_5, w_6, w_7)                                                                 \
    {                                                                                                                  \
        const int position = first - p.radius + tap + i;                                                               \
        const bool is_inside = uint(position) < uint(p.extent);                                                        \
        const vec4 value = mix(vec4(0), LOAD(x, begin + mix(0, position, is_inside) * p.pitch), bvec4(is_inside));     \
        sum_0 += w_0 * value;                                                                                          \
        sum_1 += w_1 * value;                                                                                          \
        sum_2 += w_2 * value;                                                                                          \
        sum_3 += w_3 * value;                                                                                          \
        ADD_4_TO_7(w_4, w_5, w_6, w_7)                                                                                 \
    }
    // Processes as many values as outputs at a time. Eight values lie at distances from -7 to 7 from the outputs, which takes 15
    // weights; four lie at distances from -3 to 3.
    const int taps = 2 * p.radius + outputs;
    for (int tap = 0; tap < taps; tap += outputs)
    {
#if OUTPUTS == 8
        const vec4 a = LOAD(table, tap / 4);
#endif
        const vec4 b = LOAD(table, tap / 4 + 1);
        const vec4 c = LOAD(table, tap / 4 + 2);
        ADD(0, b.w, b.z, b.y, b.x, a.w, a.z, a.y, a.x)
        ADD(1, c.x, b.w, b.z, b.y, b.x, a.w, a.z, a.y)
        ADD(2, c.y, c.x, b.w, b.z, b.y, b.x, a.w, a.z)
        ADD(3, c.z, c.y, c.x, b.w, b.z, b.y, b.x, a.w)
#if OUTPUTS == 8
        const vec4 d = LOAD(table, tap / 4 + 3);
        ADD(4, c.w, c.z, c.y, c.x, b.w, b.z, b.y, b.x)
        ADD(5, d.x, c.w, c.z, c.y, c.x, b.w, b.z, b.y)
        ADD(6, d.y, d.x, c.w, c.z, c.y, c.x, b.w, b.z)
        ADD(7, d.z, d.y, d.x, c.w, c.z, c.y, c.x, b.w)
#endif
    }
#define STORE(i)                                                                                                       \
    if (first + i < p.extent)                                                                                          \
        y[begin + (first + i) * p.pitch] = sum_##i * LOAD(table, p.scales + first + i).y;
    STORE(0)
    STORE(1)
    STORE(2)
    STORE(3)
#if OUTPUTS == 8
    STORE(4)
    STORE(5)
    STORE(6)
    STORE(7)
#endif
}
