#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Sums up the numbers of nonzero values in all blocks before each block, by one workgroup.
#include "shared/tensor.glsl"
#include "selection/non_zero.h"

layout(constant_id = non_zero_has_count_id) const bool has_count = true;

layout(push_constant) uniform Push { NonZero p; };
layout(binding = 0) buffer State { uint state[]; };
layout(binding = 1) writeonly buffer Count { ivec4 count[]; };

shared uint sums[non_zero_invocations];

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    const int share = (p.blocks + non_zero_invocations - 1) / non_zero_invocations;
    const int begin = min(lane * share, p.blocks);
    const int end = min(begin + share, p.blocks);
    uint sum = 0u;
    for (int block = begin; block < end; ++block)
        sum += state[block];
    sums[lane] = sum;
    barrier();
    uint before = 0u;
    for (int i = 0; i < lane; ++i)
        before += sums[i];
    for (int block = begin; block < end; ++block)
    {
        const uint found = state[block];
        state[block] = before;
        before += found;
    }
    if (lane == non_zero_invocations - 1)
    {
        state[p.blocks] = before;
        if (has_count)
            count[p.count_offset] = ivec4(int(before), 0, 0, 0);
    }
}
