#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes one element of four values by one of the functions that convolutions fuse. Separate from unary.comp because some
// devices run every branch of that shader.
#include "elementwise/elementwise.glsl"
#include "shared/read.glsl"
#include "elementwise/fused_activation.glsl"

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, a)

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const vec4 value = activated(fused_activation_of(activation_kind, p.alpha, p.beta), LOAD(a, index_at(p.a, place)));
    y[index_at(p.y, place)] = encode(mix(vec4(0), value, held_lanes(place)));
}
