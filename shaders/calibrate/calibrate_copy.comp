#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Copies four elements of four values; neighbouring invocations of a workgroup always access neighbouring elements.
#include "shared/tensor.glsl"
#include "calibrate/calibrate.h"

layout(push_constant) uniform Push { CopyPush p; };
layout(binding = 0) writeonly buffer Destination { vec4 destination[]; };
layout(binding = 1) readonly buffer Source { vec4 source[]; };

void main()
{
    const int workgroup_size = int(gl_WorkGroupSize.x);
    const int first = int(gl_WorkGroupID.x) * workgroup_size * copies_per_invocation + int(gl_LocalInvocationID.x);
    if (first + (copies_per_invocation - 1) * workgroup_size >= p.elements)
        return;
    for (int k = 0; k < copies_per_invocation; ++k)
        destination[first + k * workgroup_size] = source[first + k * workgroup_size];
}
