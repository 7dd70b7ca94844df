#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes, with one workgroup per slice of a plane, the mean of the slice and the sum of squared differences from it, in four
// channels.
#include "normalization/moments.glsl"
#include "shared/tensor.glsl"
#include "normalization/instance_normalization.h"

layout(push_constant) uniform Push { InstanceMoments p; };
layout(binding = 0) writeonly buffer Partial { vec4 partial[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };

const int group = 64; // invocations per workgroup
shared vec4 means[group];
shared vec4 differences[group];
shared float counts[group];

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    const int slice = int(gl_WorkGroupID.x);
    const int block = int(gl_WorkGroupID.y);
    const int batch = int(gl_WorkGroupID.z);
    const int end = min((slice + 1) * p.slice_pixels, p.rows * p.width);

    // Differences from the first value read: their sums neither cancel nor overflow where plain sums of squares would.
    const vec4 plane_origin = decode(x[view_index(p.x, batch, block, 0, 0)]);
    int i = slice * p.slice_pixels + lane;
    int row = i / p.width;
    int column = i - row * p.width;
    const int row_step = group / p.width;
    const int column_step = group - row_step * p.width;
    vec4 origin = vec4(0.0);
    vec4 sum = vec4(0.0);
    vec4 squares = vec4(0.0);
    float count = 0.0;
    for (; i < end; i += group)
    {
        const vec4 values = decode(x[view_index(p.x, batch, block, row, column)]);
        if (count == 0.0)
            origin = values;
        const vec4 difference = values - origin;
        sum += difference;
        squares += difference * difference;
        count += 1.0;
        column += column_step;
        const int carry = int(column >= p.width);
        column -= carry * p.width;
        row += row_step + carry;
    }
    const vec4 mean = sum / max(count, 1.0);
    means[lane] = origin - plane_origin + mean;
    differences[lane] = max(squares - mean * sum, 0.0);
    counts[lane] = count;
    for (int reach = group / 2; reach > 0; reach /= 2)
    {
        barrier();
        if (lane < reach)
        {
            Moments moments = Moments(means[lane], differences[lane], counts[lane]);
            const int other = lane + reach;
            moments = merge(moments, Moments(means[other], differences[other], counts[other]));
            means[lane] = moments.mean;
            differences[lane] = moments.squares;
            counts[lane] = moments.count;
        }
    }
    if (lane == 0)
    {
        const int plane = (p.first_batch + batch) * p.blocks + p.first_block + block;
        const int place = (plane * p.slices + slice) * 3;
        partial[place] = plane_origin;
        partial[place + 1] = means[0];
        partial[place + 2] = differences[0];
    }
}
