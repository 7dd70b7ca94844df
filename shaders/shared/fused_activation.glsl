#ifndef VKSEG_FUSED_ACTIVATION_GLSL
#define VKSEG_FUSED_ACTIVATION_GLSL

#include "unary_kind.h"

layout(constant_id = 3) const int activation_kind = 0;

// The activations that are cheap enough to compute them all and select one: some devices run both sides of every branch,
// whatever the specialization constants.
vec4 fused_activation(vec4 x, float a, float b)
{
    const vec4 sixths = clamp(x / 6.0 + 0.5, 0.0, 1.0);
    vec4 values = mix(x, max(x, 0.0), bvec4(activation_kind == unary_relu));
    values = mix(values, min(max(x, a), b), bvec4(activation_kind == unary_clip));
    values = mix(values, mix(x, a * x, lessThan(x, vec4(0))), bvec4(activation_kind == unary_leaky_relu));
    values = mix(values, clamp(a * x + b, 0.0, 1.0), bvec4(activation_kind == unary_hard_sigmoid));
    return mix(values, x * sixths, bvec4(activation_kind == unary_hard_swish));
}

#endif
