#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Compares one element of four values; operands of extent 1 are broadcast.
#include "elementwise/elementwise.glsl"
#include "elementwise/compare.glsl"

layout(binding = 0) writeonly buffer Y { ivec4 y[]; };
layout(binding = 1) readonly buffer A { ELEMENT a[]; };
layout(binding = 2) readonly buffer B { ELEMENT b[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const VALUES a_values = spread(decode(a[index_at(p.a, place)]), p.a);
    const VALUES b_values = spread(decode(b[index_at(p.b, place)]), p.b);
    y[index_at(p.y, place)] = mix(ivec4(0), compare(a_values, b_values), held_lanes(place));
}
