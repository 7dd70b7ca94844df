#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32 texels
// Computes one element of four values by a unary function.
#include "elementwise/elementwise.glsl"
#include "shared/read.glsl"
#ifdef STORAGE_I32
#include "elementwise/unary_kind.h"
#include "elementwise/narrow.glsl"
#else
#include "elementwise/activation.glsl"
#endif

layout(constant_id = unary_kind_id) const int kind = unary_identity;
layout(constant_id = range_id) const int range = narrow_none; // range that integer results are wrapped to

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, a)

#ifdef STORAGE_I32

// The integer nearest to a bound.
int saturated(const float bound)
{
    if (bound <= -2147483648.0)
        return int(0x80000000u);
    if (bound >= 2147483648.0)
        return 0x7fffffff;
    return int(bound);
}

ivec4 activate(const ivec4 x)
{
    switch (kind)
    {
    case unary_relu:
        return max(x, 0);
    case unary_clip:
        return min(max(x, saturated(p.alpha)), saturated(p.beta));
    case unary_abs:
        return narrowed(range, abs(x));
    case unary_neg:
        return narrowed(range, -x);
    case unary_sign:
        return sign(x);
    case unary_logical_not:
        return ivec4(equal(x, ivec4(0)));
    }
    return x;
}

#else

vec4 activate(const vec4 x) { return activate(kind, x, p.alpha, p.beta); }

#endif

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const VALUES value = activate(LOAD(a, index_at(p.a, place)));
    y[index_at(p.y, place)] = encode(mix(VALUES(0), value, held_lanes(place)));
}
