#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes the softmax of one row of scores in place, after terms are added to the scores. Lanes past the last column
// become 0.
#include "shared/nan.glsl"
#include "shared/values.glsl"
#include "matrix/attention_softmax.h"

layout(constant_id = attention_terms_id) const int terms = 0;

layout(push_constant) uniform Push { AttentionSoftmax p; };
layout(binding = 0) buffer Scores { ELEMENT scores[]; };
layout(binding = 1) readonly buffer A { uint a[]; };
layout(binding = 2) readonly buffer B { uint b[]; };

bvec4 is_column(int block)
{
    return lessThan(ivec4(block * 4) + ivec4(0, 1, 2, 3), ivec4(p.columns));
}

void main()
{
    const int i = linear_index();
    if (i >= p.entries * p.rows)
        return;
    const int first = i * p.pitch;
    const int blocks = (p.columns + 3) / 4;

    int a_place = 0;
    int b_place = 0;
    if (terms > 0)
    {
        const ivec2 place = divide(i, p.rows);
        a_place = p.a_offset + (p.first_row + place.y) * p.a_row_stride;
        b_place = p.b_offset + (p.first_row + place.y) * p.b_row_stride;
        int entry = p.first_entry + place.x;
        for (int axis = 3; axis >= 0; --axis)
        {
            const ivec2 rest = divide(entry, p.entry_extents[axis]);
            entry = rest.x;
            a_place += rest.y * p.a_entry_strides[axis];
            b_place += rest.y * p.b_entry_strides[axis];
        }
    }

    // Peaks are finite, as in reduction/reduce.glsl.
    vec4 peaks = vec4(-largest_float);
    for (int block = 0; block < blocks; ++block)
    {
        vec4 values = decode(scores[first + block]);
        if (terms > 0)
        {
            for (int lane = 0; lane < 4; ++lane)
            {
                const int column = min(block * 4 + lane, p.columns - 1);
                const int from = a_place + column * p.a_column_stride;
                values[lane] += value_of(a[word_of_value(from)], from);
                if (terms > 1)
                {
                    const int next = b_place + column * p.b_column_stride;
                    values[lane] += value_of(b[word_of_value(next)], next);
                }
            }
            scores[first + block] = encode(values);
        }
        peaks = max(peaks, mix(peaks, values, is_column(block)));
    }
    const float peak = min(max(max(peaks.x, peaks.y), max(peaks.z, peaks.w)), largest_float);

    vec4 sums = vec4(0);
    for (int block = 0; block < blocks; ++block)
        sums += mix(vec4(0), exp(decode(scores[first + block]) - peak), is_column(block));
    float sum = dot(sums, vec4(1));
    const int sum_bits = size_bits(vec4(sum)).x;
    if (sum_bits >= infinity_bits || sum_bits == 0)
        sum = not_a_number(); // undefined if a score is +infinity, or all are -infinity
    for (int block = 0; block < blocks; ++block)
    {
        const vec4 values = exp(decode(scores[first + block]) - peak) / sum;
        scores[first + block] = encode(mix(vec4(0), values, is_column(block)));
    }
}
