#ifndef VKSEG_FUSED_ACTIVATION_GLSL
#define VKSEG_FUSED_ACTIVATION_GLSL

#include "nan.glsl"
#include "unary_kind.h"
#ifdef FUSES_SIGMOID
#include "activation.glsl"
#endif

layout(constant_id = 3) const int activation_kind = 0;

// Keeps x between bounds, and does no more.
const bool has_bounds = activation_kind == unary_relu || activation_kind == unary_clip;

// The activations that convolutions fuse, in one formula: some devices compute all sides of every branch, whatever the
// specialization constants. x < 0 and leaky ? leak x : clamp(slope x + offset, low, high), times x for hard swish.
struct FusedActivation
{
    float slope;
    float offset;
    float low;
    float high;
    float leak;
    bool is_leaky;
    bool is_gate;
    bool is_more; // than to keep x between bounds
};

// Kernels with few sums can afford the sigmoid, too.
#ifdef FUSES_SIGMOID
#define IS_SIGMOID (activation_kind == unary_sigmoid)
#else
#define IS_SIGMOID false
#endif

vec2 infinite_bounds()
{
    return vec2(-infinity(), infinity());
}

FusedActivation fused_activation_of(const float a, const float b)
{
    const vec2 bounds = infinite_bounds();
    const bool is_leaky = activation_kind == unary_leaky_relu;
    const bool is_gate = activation_kind == unary_hard_swish;
    const bool is_more = IS_SIGMOID || is_leaky || is_gate || activation_kind == unary_hard_sigmoid;
    FusedActivation f = FusedActivation(1.0, 0.0, bounds.x, bounds.y, a, is_leaky, is_gate, is_more);
    if (activation_kind == unary_relu)
        f.low = 0.0;
    if (activation_kind == unary_clip)
    {
        f.low = a;
        f.high = b;
    }
    if (activation_kind == unary_hard_sigmoid || activation_kind == unary_hard_swish)
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
    values = mix(values, sigmoid(x), bvec4(IS_SIGMOID));
#endif
    values = mix(values, x * f.leak, lessThan(x, vec4(f.is_leaky ? 0.0 : infinite_bounds().x)));
    return keep_nan(x, values);
}

#endif
