#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Merges the moments of a plane's slices into the coefficients of batch_normalization.h for four channels.
#include "normalization/moments.glsl"
#include "shared/tensor.glsl"
#include "normalization/instance_normalization.h"

layout(push_constant) uniform Push { InstanceMerge p; };
layout(binding = 0) writeonly buffer Coefficients { vec4 coefficients[]; };
layout(binding = 1) readonly buffer Partial { vec4 partial[]; };
layout(binding = 2) readonly buffer Parameters { vec4 parameters[]; };

void main()
{
    const int plane = linear_index();
    if (plane >= p.batch * p.blocks)
        return;
    Moments moments = Moments(vec4(0.0), vec4(0.0), 0.0);
    for (int slice = 0; slice < p.slices; ++slice)
    {
        const int place = (plane * p.slices + slice) * 3;
        const int count = min(p.slice_pixels, p.pixels - slice * p.slice_pixels);
        moments = merge(moments, Moments(partial[place + 1], partial[place + 2], float(count)));
    }
    const int block = plane % p.blocks;
    const vec4 variance = moments.squares / float(p.pixels);
    const vec4 factor = parameters[block * 2] / sqrt(variance + p.epsilon);
    const bvec4 is_channel = bvec4(lane_mask(block * 4, p.channels));
    // The rounding error of the mean goes into the bias: it matters if the mean is far from zero.
    const vec4 origin = partial[plane * p.slices * 3];
    precise const vec4 mean = origin + moments.mean;
    precise const vec4 distance = mean - origin;
    precise const vec4 rest = moments.mean - distance;
    coefficients[plane * 3] = mean;
    coefficients[plane * 3 + 1] = mix(vec4(0.0), factor, is_channel);
    coefficients[plane * 3 + 2] = mix(vec4(0.0), parameters[block * 2 + 1] - rest * factor, is_channel);
}
