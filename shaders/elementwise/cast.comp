#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Converts one element of four values to integers or booleans.
#include "elementwise/elementwise.glsl"
#include "shared/nan.glsl"
#include "elementwise/narrow.glsl"

layout(constant_id = range_id) const int range = narrow_none; // range that results are wrapped to

layout(binding = 0) writeonly buffer Y { ivec4 y[]; };
layout(binding = 1) readonly buffer A { ELEMENT a[]; };

#ifdef STORAGE_I32

ivec4 whole(const ivec4 values) { return narrowed(range, values); }

#else

// Truncates towards zero. Values outside the integer range become the nearest integer in it; NaN becomes 0, or true as a boolean.
ivec4 whole(const vec4 values)
{
    if (range == narrow_boolean)
        return ivec4(notEqual(size_bits(values), ivec4(0)));
    const bvec4 is_above = greaterThanEqual(values, vec4(2147483648.0));
    const ivec4 near = ivec4(clamp(values, -2147483648.0, 2147483520.0)); // the largest float below 2^31
    return narrowed(range, mix(mix(near, ivec4(0x7fffffff), is_above), ivec4(0), is_nan(values)));
}

#endif

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const ivec4 result = whole(decode(a[index_at(p.a, place)]));
    y[index_at(p.y, place)] = mix(ivec4(0), result, held_lanes(place));
}
