#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 i32
// Sums up the values of one chunk of a row, by one invocation.
#include "shared/values.glsl"
#include "reduction/cum_sum.h"

layout(constant_id = cum_sum_stage_id) const int stage = cum_sum_whole;
layout(constant_id = cum_sum_is_exclusive_id) const bool is_exclusive = false;
layout(constant_id = cum_sum_is_reverse_id) const bool is_reverse = false;

layout(push_constant) uniform Push { CumSum p; };
layout(binding = 0) writeonly buffer Destination { VALUE destination[]; };
layout(binding = 1) readonly buffer Source { VALUE source[]; };
layout(binding = 2) readonly buffer Before { VALUE before[]; }; // for each chunk the sum of those before it

void main()
{
    const int i = linear_index();
    if (i >= p.rows)
        return;
    const ivec2 chunk = divide(i, p.inner); // chunk of all rows before the axis, place after the axis
    const ivec2 outer = divide(chunk.x, p.chunks);
    const int first = outer.x * p.extent * p.inner + chunk.y;
    const int begin = outer.y * p.chunk;
    const int end = min(begin + p.chunk, p.extent);
    VALUE sum = stage == cum_sum_finish ? before[i] : VALUE(0);
    for (int k = begin; k < end; ++k)
    {
        const int place = first + (is_reverse ? p.extent - 1 - k : k) * p.inner;
        const VALUE value = source[p.source_offset + place];
        if (stage != cum_sum_totals)
            destination[p.destination_offset + place] = is_exclusive ? sum : sum + value;
        sum += value;
    }
    if (stage == cum_sum_totals)
        destination[i] = sum;
}
