#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Converts one element of four floats to this build's storage type from the other one.
#include "elementwise/elementwise.glsl"

#ifdef STORAGE_F16
#define OTHER_ELEMENT vec4
#else
#define OTHER_ELEMENT uvec2
#endif

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer A { OTHER_ELEMENT a[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    y[index_at(p.y, place)] = encode(mix(vec4(0.0), decode(a[index_at(p.a, place)]), held_lanes(place)));
}
