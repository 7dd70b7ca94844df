#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Multiplies the scale before the filter into the weight of one entry.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeScan p; };
layout(binding = 0) buffer Incidence { uvec2 incidence[]; };
layout(binding = 1) readonly buffer Scales { float scales[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.count)
        return;
    const uvec2 pixel = incidence[i];
    incidence[i].y = floatBitsToUint(uintBitsToFloat(pixel.y) * scales[pixel.x]);
}
