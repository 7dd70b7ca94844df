#version 450
#extension GL_GOOGLE_include_directive : require
// variant binary       f32 f16 i32
// variant binary_texel f32 f16     READ_TEXELS
// variant compare      f32 f16 i32 COMPARES
// Computes one element of four values; operands of extent 1 are broadcast. With COMPARES the results are booleans.
#include "elementwise/elementwise.glsl"
#include "shared/read.glsl"
#ifdef COMPARES
#include "elementwise/compare.glsl"
#else
#include "elementwise/binary.glsl"
#endif

layout(binding = 0) writeonly buffer Y { RESULT_ELEMENT y[]; };
TENSOR(1, a)
TENSOR(2, b)

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const VALUES a_values = spread(LOAD(a, index_at(p.a, place)), p.a);
    const VALUES b_values = spread(LOAD(b, index_at(p.b, place)), p.b);
    y[index_at(p.y, place)] = ENCODE_RESULT(mix(RESULTS(0), combine(a_values, b_values), held_lanes(place)));
}
