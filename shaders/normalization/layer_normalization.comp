#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Normalises one row of values, or four adjacent rows; `lanes` invocations share the elements of the row.
#include "shared/read.glsl"
#include "normalization/layer_normalization.h"

layout(constant_id = normalization_is_centred_id) const bool is_centred = true; // subtracts the mean
// Each component of an element belongs to a row of its own.
layout(constant_id = normalization_is_across_id) const bool is_across = false;
layout(constant_id = normalization_lanes_id) const int lanes = 1; // divides the workgroup size
// Otherwise invocations of neighbouring rows are adjacent.
layout(constant_id = normalization_are_lanes_adjacent_id) const bool are_lanes_adjacent = true;
layout(constant_id = normalization_has_coefficients_id) const bool has_coefficients = false;

layout(push_constant) uniform Push { LayerNormalization p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
layout(binding = 2) readonly buffer Coefficients { vec4 coefficients[]; };

const int group = 64; // invocations per workgroup
shared vec4 sums[group];

// Sum over all lanes of a row.
vec4 total(vec4 sum)
{
    if (lanes > 1)
    {
        const int local = int(gl_LocalInvocationID.x);
        const int pitch = are_lanes_adjacent ? 1 : group / lanes;
        const int lane = local / pitch % lanes;
        barrier(); // all lanes have read the result of an earlier call
        sums[local] = sum;
        for (int reach = lanes / 2; reach > 0; reach /= 2)
        {
            barrier();
            if (lane < reach)
                sums[local] += sums[local + reach * pitch];
        }
        barrier();
        sum = sums[local - lane * pitch];
    }
    return is_across ? sum : vec4(dot(sum, vec4(1.0)));
}

vec4 masked(vec4 values, int i)
{
    return is_across ? values : mix(vec4(0.0), values, bvec4(lane_mask(i * 4, p.values)));
}

vec4 coefficient(int i, int which)
{
    return is_across ? vec4(coefficients[i / 4 * 2 + which][i % 4]) : coefficients[i * 2 + which];
}

void main()
{
    const int local = int(gl_LocalInvocationID.x);
    const int rows_in_group = group / lanes;
    const int lane = are_lanes_adjacent ? local % lanes : local / rows_in_group;
    const int first = linear_index() / group * rows_in_group;
    const int row = first + (are_lanes_adjacent ? local / lanes : local % rows_in_group);
    const bool is_row = row < p.rows;
    const ivec2 line = divide(is_row ? row : 0, p.plane_width);
    const ivec2 batch = divide(line.x, p.plane_rows);
    const int from = view_index(p.x, batch.x, 0, batch.y, line.y);
    const int to = view_index(p.y, batch.x, 0, batch.y, line.y);
    const int steps = is_row ? p.steps : 0;

    // Differences from the row's first value keep their digits if the mean is far from zero.
    vec4 origin = vec4(0.0);
    vec4 mean = vec4(0.0);
    if (is_centred)
    {
        origin = LOAD(x, from);
        if (!is_across)
            origin = origin.xxxx;
        vec4 sum = vec4(0.0);
        for (int i = lane; i < steps; i += lanes)
            sum += masked(LOAD(x, from + i * p.x.block_pitch) - origin, i);
        mean = total(sum) / float(p.values);
    }
    vec4 squares = vec4(0.0);
    for (int i = lane; i < steps; i += lanes)
    {
        const vec4 difference = masked(LOAD(x, from + i * p.x.block_pitch) - origin - mean, i);
        squares += difference * difference;
    }
    const vec4 moment = total(squares) * p.factor;
    const vec4 divisor = larger(sqrt(moment + p.under_root) + p.after_root, vec4(p.min_root));
    for (int i = lane; i < steps; i += lanes)
    {
        vec4 values = (LOAD(x, from + i * p.x.block_pitch) - origin - mean) / divisor;
        if (has_coefficients)
            values = values * coefficient(i, 0) + coefficient(i, 1);
        y[to + i * p.y.block_pitch] = encode(masked(values, i));
    }
}
