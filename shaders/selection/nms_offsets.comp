#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Sums up the numbers of kept boxes of all rows before each row, by one workgroup.
#include "selection/nms.glsl"

layout(push_constant) uniform Push { NmsResult p; };
layout(binding = 0) buffer State { uint state[]; };

shared uint sums[nms_invocations];

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    const int share = (p.rows + nms_invocations - 1) / nms_invocations;
    const int begin = lane * share;
    const int end = min(begin + share, p.rows);
    uint sum = 0;
    for (int row = begin; row < end; ++row)
        sum += state[row * p.pitch + nms_count];
    sums[lane] = sum;
    barrier();
    uint before = 0;
    for (int i = 0; i < lane; ++i)
        before += sums[i];
    if (lane == nms_invocations - 1)
        state[p.rows * p.pitch] = before + sum;
    for (int row = begin; row < end; ++row)
    {
        state[row * p.pitch + nms_is_done] = before;
        before += state[row * p.pitch + nms_count];
    }
}
