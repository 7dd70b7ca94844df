#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes the p-norm of a window for one pixel in up to four blocks of channels; `exponent` is p.
#include "pooling/pool.h"
#include "shared/nan.glsl"
#define START 0.0
#define COMBINE(a, b) (a + b)
#define PREPARE(values) powers(values)
#define COUNTS_PADDING false
#define FINISH(result, taps) root(result)

layout(constant_id = pool_exponent_id) const int exponent = 2;

vec4 powers(vec4 values)
{
    if (exponent == 1)
        return abs(values);
    if (exponent == 2)
        return values * values;
    return pow_defined(abs(values), vec4(float(exponent)));
}

vec4 root(vec4 sums)
{
    if (exponent == 1)
        return sums;
    if (exponent == 2)
        return sqrt(sums);
    return pow_defined(sums, vec4(1.0 / float(exponent)));
}

#include "pooling/pool.glsl"
