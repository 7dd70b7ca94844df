#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes one element of four values of a softmax in linear layout from the sum and the peak of each row.
#include "shared/nan.glsl"
#include "shared/tensor.glsl"
#include "reduction/softmax.h"

layout(constant_id = softmax_is_log_id) const bool is_log = false;
// The four values of an element belong to four neighbouring rows.
layout(constant_id = softmax_has_element_rows_id) const bool has_element_rows = false;

layout(push_constant) uniform Push { Softmax p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };
layout(binding = 2) readonly buffer Sums { vec4 sums[]; }; // total and peak of four rows in turn

int row_of(int value)
{
    return value / (p.extent * p.inner) * p.inner + value % p.inner;
}

void main()
{
    const int i = linear_index();
    if (i * 4 >= p.values)
        return;
    vec4 total;
    vec4 peak;
    if (has_element_rows)
    {
        const int place = row_of(i * 4) / 4 * 2;
        total = sums[place];
        peak = sums[place + 1];
    }
    else
    {
        for (int lane = 0; lane < 4; ++lane)
        {
            const int row = row_of(min(i * 4 + lane, p.values - 1));
            const int place = (row >> 2) * 2;
            total[lane] = sums[place][row & 3];
            peak[lane] = sums[place + 1][row & 3];
        }
    }
    // The softmax of a row with +infinity, or with -infinity only, is undefined: NaN.
    total = mix(total, vec4(not_a_number()), greaterThanEqual(size_bits(total), ivec4(infinity_bits)));
    total = mix(total, vec4(not_a_number()), equal(size_bits(total), ivec4(0)));
    const vec4 shifted = decode(x[p.x_offset + i]) - peak;
    const vec4 values = is_log ? shifted - keep_nan(total, log(total)) : exp(shifted) / total;
    const bvec4 is_value = lessThan(ivec4(i * 4) + ivec4(0, 1, 2, 3), ivec4(p.values));
    y[p.y_offset + i] = encode(mix(vec4(0), values, is_value));
}
