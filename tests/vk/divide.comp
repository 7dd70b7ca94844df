#version 450
#extension GL_GOOGLE_include_directive : require
// One invocation computes results[i] = divide(pairs[i].x, pairs[i].y) as the library's kernels do.
#define STORAGE_I32
#include "shared/tensor.glsl"

layout(push_constant) uniform Push { int count; };
layout(binding = 0) writeonly buffer Results { ivec2 results[]; };
layout(binding = 1) readonly buffer Pairs { ivec2 pairs[]; };

void main()
{
    const int i = linear_index();
    if (i < count)
        results[i] = divide(pairs[i].x, pairs[i].y);
}
