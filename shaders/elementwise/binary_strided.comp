#version 450
#extension GL_GOOGLE_include_directive : require
// variant binary_strided  f32 f16 i32
// variant compare_strided f32 f16 i32 COMPARES
// Computes four values of a linear tensor from operands that are gathered value by value, under any broadcast. With COMPARES the
// results are booleans.
#include "elementwise/elementwise_strided.glsl"
#ifdef COMPARES
#include "elementwise/compare.glsl"
#else
#include "elementwise/binary.glsl"
#endif

layout(binding = 0) writeonly buffer Y { RESULT_ELEMENT y[]; };
layout(binding = 1) readonly buffer A { ELEMENT a[]; };
layout(binding = 2) readonly buffer B { ELEMENT b[]; };

void main()
{
    const int i = linear_index();
    if (i * 4 >= p.values)
        return;
    VALUES a_values = VALUES(0);
    VALUES b_values = VALUES(0);
    for (int lane = 0; lane < 4; ++lane)
    {
        const ivec3 places = places_of(min(i * 4 + lane, p.values - 1));
        a_values[lane] = decode(a[places.x >> 2])[places.x & 3];
        b_values[lane] = decode(b[places.y >> 2])[places.y & 3];
    }
    y[p.y_offset + i] = ENCODE_RESULT(mix(RESULTS(0), combine(a_values, b_values), held_lanes(i)));
}
