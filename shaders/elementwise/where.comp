#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Chooses one element of four values by a condition; operands of extent 1 are broadcast.
#include "elementwise/elementwise.glsl"

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer Condition { ivec4 condition[]; };
layout(binding = 2) readonly buffer A { ELEMENT a[]; };
layout(binding = 3) readonly buffer B { ELEMENT b[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const bvec4 is_a = notEqual(spread(condition[index_at(p.a, place)], p.a), ivec4(0));
    const VALUES a_values = spread(decode(a[index_at(p.b, place)]), p.b);
    const VALUES b_values = spread(decode(b[index_at(p.c, place)]), p.c);
    y[index_at(p.y, place)] = encode(mix(VALUES(0), mix(b_values, a_values, is_a), held_lanes(place)));
}
