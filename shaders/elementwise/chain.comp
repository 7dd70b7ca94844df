#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes one element of four values by several functions; operands of extent 1 are broadcast.
#include "elementwise/elementwise.glsl"
#include "shared/read.glsl"
#include "elementwise/chain.glsl"

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, a)
TENSOR(2, b)
TENSOR(3, c)

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const vec4 a_values = spread(LOAD(a, index_at(p.a, place)), p.a);
    vec4 b_values = a_values;
    vec4 c_values = a_values;
    for (int n = 1; n < min(inputs, 2); ++n)
        b_values = spread(LOAD(b, index_at(p.b, place)), p.b);
    for (int n = 2; n < inputs; ++n)
        c_values = spread(LOAD(c, index_at(p.c, place)), p.c);
    y[index_at(p.y, place)] = encode(mix(vec4(0), chain(a_values, b_values, c_values), held_lanes(place)));
}
