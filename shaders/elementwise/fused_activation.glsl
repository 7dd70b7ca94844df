#ifndef VKSEG_FUSED_ACTIVATION_GLSL
#define VKSEG_FUSED_ACTIVATION_GLSL

#include "shared/nan.glsl"
#include "elementwise/unary_kind.h"
#ifdef FUSES_SIGMOID
#include "elementwise/activation.glsl"
#endif

layout(constant_id = unary_kind_id) const int activation_kind = 0;

// True if the activation only keeps x between bounds.
#define IS_BOUND(kind) ((kind) == unary_relu || (kind) == unary_clip)

// Activations that convolutions fuse, in one formula, because some devices compute all sides of every branch, whatever the
// specialization constants: x < 0 and leaky ? leak x : clamp(slope x + offset, low, high), times x for hard swish.
struct FusedActivation
{
    float slope;
    float offset;
    float low;
    float high;
    float leak;
    bool is_leaky;
    bool is_gate;
    bool is_sigmoid;
    bool is_more; // does more than keep x between bounds
};

vec2 infinite_bounds()
{
    return vec2(-infinity(), infinity());
}

FusedActivation fused_activation_of(const int kind, const float a, const float b)
{
    const vec2 bounds = infinite_bounds();
    const bool is_leaky = kind == unary_leaky_relu;
    const bool is_gate = kind == unary_hard_swish;
#ifdef FUSES_SIGMOID // kernels with few sums can afford it
    const bool is_sigmoid = kind == unary_sigmoid;
#else
    const bool is_sigmoid = false;
#endif
    const bool is_more = is_sigmoid || is_leaky || is_gate || kind == unary_hard_sigmoid;
    FusedActivation f = FusedActivation(1.0, 0.0, bounds.x, bounds.y, a, is_leaky, is_gate, is_sigmoid, is_more);
    if (kind == unary_relu)
        f.low = 0.0;
    if (kind == unary_clip)
    {
        f.low = a;
        f.high = b;
    }
    if (kind == unary_hard_sigmoid || kind == unary_hard_swish)
    {
        f.slope = f.is_gate ? 1.0 / 6.0 : a;
        f.offset = f.is_gate ? 0.5 : b;
        f.low = 0.0;
        f.high = 1.0;
    }
    return f;
}

vec4 activated(const FusedActivation f, const vec4 x)
{
    vec4 values = smaller_number(larger_number(x * f.slope + f.offset, vec4(f.low)), vec4(f.high));
    values *= mix(vec4(1.0), x, bvec4(f.is_gate));
#ifdef FUSES_SIGMOID
    values = mix(values, sigmoid(x), bvec4(f.is_sigmoid));
#endif
    values = mix(values, x * f.leak, lessThan(x, vec4(f.is_leaky ? 0.0 : infinite_bounds().x)));
    return keep_nan(x, values);
}

#endif
