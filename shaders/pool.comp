#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes one element of a pool: the maximum, mean or p-norm of a window in four channels.
#include "shared/read.glsl"
#include "pool_taps.glsl"

layout(constant_id = 3) const int kind = pool_max;
layout(constant_id = 4) const int exponent = 2; // of the p-norm

layout(push_constant) uniform Push { Pool p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)

vec4 powers(vec4 values)
{
    if (exponent == 1)
        return abs(values);
    if (exponent == 2)
        return values * values;
    return pow(abs(values), vec4(float(exponent)));
}

vec4 root(vec4 sums)
{
    if (exponent == 1)
        return sums;
    if (exponent == 2)
        return sqrt(sums);
    return pow(sums, vec4(1.0 / float(exponent)));
}

// Taps of an axis that lie in the input or its padding, but not behind it where a last window sticks out.
int padded_taps(PoolAxis axis, Taps taps)
{
    return min(axis.kernel, (axis.padded_end - taps.start + axis.dilation - 1) / axis.dilation);
}

void main()
{
    const ivec4 place = place_of(p, linear_index());
    if (place.w >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const Taps width = taps_of(p.width, place.x);
    const Taps height = taps_of(p.height, place.y);
    const Taps depth = taps_of(p.depth, place.z);

    vec4 result = vec4(kind == pool_max ? uintBitsToFloat(0xff800000u) : 0.0);
    for (int k = depth.first; k < depth.end; ++k)
    {
        const int slice = (depth.start + k * p.depth.dilation) * p.height.input_extent;
        for (int j = height.first; j < height.end; ++j)
        {
            const int row = slice + height.start + j * p.height.dilation;
            int from = view_index(p.x, batch, place.w, row, width.start + width.first * p.width.dilation);
            vec4 row_sum = vec4(0.0); // apart, so that sums over large windows round less
            for (int i = width.first; i < width.end; ++i)
            {
                const vec4 values = LOAD(x, from);
                from += p.width.dilation;
                if (kind == pool_max)
                    result = max(result, values);
                else if (kind == pool_lp)
                    row_sum += powers(values);
                else
                    row_sum += values;
            }
            if (kind != pool_max)
                result += row_sum;
        }
    }
    if (kind == pool_average)
    {
        const int taps = max(width.end - width.first, 0) * max(height.end - height.first, 0) *
                         max(depth.end - depth.first, 0);
        result /= float(max(taps, 1));
    }
    else if (kind == pool_average_padding)
        result /= float(padded_taps(p.width, width) * padded_taps(p.height, height) * padded_taps(p.depth, depth));
    else if (kind == pool_lp)
        result = root(result);
    result = mix(vec4(0.0), result, bvec4(lane_mask(place.w * 4, p.channels)));
    y[view_index(p.y, batch, place.w, place.z * p.height.output_extent + place.y, place.x)] = encode(result);
}
