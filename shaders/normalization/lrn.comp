#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Normalises one element of four channels by the squares of the channels around each.
#include "shared/nan.glsl"
#include "shared/tensor.glsl"
#include "normalization/lrn.h"

layout(push_constant) uniform Push { Lrn p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };

void main()
{
    const int i = linear_index();
    const int line = i / p.width;
    const int block = line / p.rows;
    const int blocks = (p.channels + 3) / 4;
    if (block >= blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const int row = line - block * p.rows;
    const int column = i - line * p.width;

    const ivec4 channels = ivec4(block * 4) + ivec4(0, 1, 2, 3);
    const int first = max(channels.x - p.below, 0) / 4;
    const int last = min(channels.w + p.above, p.channels - 1) / 4;
    vec4 squares = vec4(0.0);
    for (int other = first; other <= last; ++other)
    {
        const vec4 values = decode(x[view_index(p.x, batch, other, row, column)]);
        for (int lane = 0; lane < 4; ++lane)
        {
            const ivec4 distance = ivec4(other * 4 + lane) - channels;
            const bvec4 is_near = equal(clamp(distance, ivec4(-p.below), ivec4(p.above)), distance);
            squares += mix(vec4(0.0), vec4(values[lane] * values[lane]), is_near);
        }
    }
    const vec4 values = decode(x[view_index(p.x, batch, block, row, column)]);
    const vec4 base = p.bias + p.alpha * squares;
    vec4 factor;
    if (p.beta == 0.75) // the usual case; square roots are more exact than powers
        factor = inversesqrt(base) * inversesqrt(sqrt(base));
    else
        factor = pow_defined(base, vec4(-p.beta));
    const bvec4 is_channel = lessThan(channels, ivec4(p.channels));
    y[view_index(p.y, batch, block, row, column)] = encode(mix(vec4(0.0), values * factor, is_channel));
}
