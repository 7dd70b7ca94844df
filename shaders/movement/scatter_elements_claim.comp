#version 450
#extension GL_GOOGLE_include_directive : require
// builds: i32
// Claims the place that one index names. Of several updates the last along the axis wins, whichever invocation runs first.
#include "shared/tensor.glsl"
#include "movement/scatter_elements.h"

layout(push_constant) uniform Push { ScatterClaims p; };
layout(binding = 0) buffer Claims { int claims[]; };
layout(binding = 1) readonly buffer Indices { int indices[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.indices)
        return;
    const ivec2 slice = divide(i, p.inner); // all slices before the axis, place after the axis
    const ivec2 outer = divide(slice.x, p.positions);
    int index = indices[p.indices_offset * 4 + i];
    index = index < 0 ? index + p.extent : index;
    if (index >= 0 && index < p.extent)
        atomicMax(claims[(outer.x * p.extent + index) * p.inner + slice.y], outer.y + 1);
}
