#version 450
#extension GL_GOOGLE_include_directive : require
// builds: i32
// Clears four claims.
#include "shared/tensor.glsl"
#include "movement/scatter_elements.h"

layout(push_constant) uniform Push { ScatterClaims p; };
layout(binding = 0) writeonly buffer Claims { ivec4 claims[]; };

void main()
{
    const int i = linear_index();
    if (i < p.claims)
        claims[i] = ivec4(0);
}
