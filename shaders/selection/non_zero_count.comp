#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Counts the nonzero values of one block, by one workgroup.
#include "selection/non_zero.glsl"

layout(binding = 0) writeonly buffer State { uint state[]; };

shared uint counts[non_zero_invocations];

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    counts[lane] = bitCount(find_non_zeros());
    barrier();
    if (lane == 0 && block_index() < p.blocks)
    {
        uint sum = 0u;
        for (int i = 0; i < non_zero_invocations; ++i)
            sum += counts[i];
        state[block_index()] = sum;
    }
}
