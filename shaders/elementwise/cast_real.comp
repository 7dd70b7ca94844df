#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Converts one element of four integers or booleans to floats.
#include "elementwise/elementwise.glsl"

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer A { ivec4 a[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const vec4 result = vec4(a[index_at(p.a, place)]);
    y[index_at(p.y, place)] = encode(mix(vec4(0.0), result, held_lanes(place)));
}
