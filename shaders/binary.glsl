// The arithmetic functions of BinaryKind on four values.
#ifndef VKSEG_BINARY_GLSL
#define VKSEG_BINARY_GLSL

#include "binary.h"
#include "shared/nan.glsl"
#include "shared/narrow.glsl"

layout(constant_id = 3) const int kind = binary_add;
layout(constant_id = 4) const int range = narrow_none; // integers: what results are wrapped to

#ifdef STORAGE_I32

// Truncates; division by 0 gives 0. The divisor -1 is kept from the hardware: the least integer has no quotient by it.
ivec4 divide(const ivec4 a, const ivec4 b)
{
    const bvec4 is_plain = greaterThan(uvec4(b + 1), uvec4(1));
    return mix(-a * b * b, a / mix(ivec4(1), b, is_plain), is_plain);
}

// The remainder of divide, with the sign of a.
ivec4 remainder(const ivec4 a, const ivec4 b)
{
    return mix(a - divide(a, b) * b, ivec4(0), equal(b, ivec4(0)));
}

ivec4 modulo(const ivec4 a, const ivec4 b)
{
    const ivec4 rest = remainder(a, b);
    const bvec4 is_astray = lessThan(sign(rest) * sign(b), ivec4(0));
    return rest + mix(ivec4(0), b, is_astray);
}

ivec4 power(const ivec4 base, const ivec4 exponent)
{
    ivec4 product = ivec4(1);
    ivec4 square = base;
    for (ivec4 bits = abs(exponent); any(greaterThan(bits, ivec4(0))); bits >>= 1)
    {
        product *= mix(ivec4(1), square, equal(bits & 1, ivec4(1)));
        square *= square;
    }
    const ivec4 inverse = mix(ivec4(0), product, equal(abs(base), ivec4(1)));
    return mix(product, inverse, lessThan(exponent, ivec4(0)));
}

#else

vec4 divide(const vec4 a, const vec4 b) { return a / b; }

// With the sign of a. The quotient may be off by one where it is close to an integer.
vec4 remainder(const vec4 a, const vec4 b)
{
    const vec4 size = abs(b);
    vec4 rest = abs(a) - trunc(abs(a) / size) * size;
    rest += mix(vec4(0.0), size, lessThan(rest, vec4(0.0)));
    rest -= mix(vec4(0.0), size, greaterThanEqual(rest, size));
    return sign(a) * rest;
}

vec4 modulo(const vec4 a, const vec4 b)
{
    const vec4 rest = remainder(a, b);
    return rest + mix(vec4(0.0), b, lessThan(sign(rest) * sign(b), vec4(0.0)));
}

// pow of GLSL is not defined for negative bases and off by many ulps; small integer powers are products here.
vec4 power(const vec4 base, const vec4 exponent)
{
    const float largest_product = 64.0;
    const vec4 size = abs(exponent);
    vec4 product = vec4(1.0);
    vec4 square = base;
    for (ivec4 bits = ivec4(min(size, largest_product)); any(greaterThan(bits, ivec4(0))); bits >>= 1)
    {
        product *= mix(vec4(1.0), square, equal(bits & 1, ivec4(1)));
        square *= square;
    }
    product = mix(product, 1.0 / product, lessThan(exponent, vec4(0.0)));

    const vec4 zero = vec4(0.0);
    const bvec4 is_integer = equal(exponent, trunc(exponent));
    const bvec4 is_odd = notEqual(fract(exponent * 0.5), zero);
    vec4 smooth_power = exp2(exponent * log2(abs(base)));
    smooth_power = mix(smooth_power, sqrt(abs(base)), equal(exponent, vec4(0.5)));
    smooth_power = mix(smooth_power, mix(zero, 1.0 / abs(base), lessThan(exponent, zero)), equal(base, zero));
    const vec4 of_negative = mix(vec4(uintBitsToFloat(0x7fc00000u)), mix(smooth_power, -smooth_power, is_odd), is_integer);
    smooth_power = mix(smooth_power, of_negative, lessThan(base, zero));
    const vec4 is_product = vec4(is_integer) * vec4(lessThanEqual(size, vec4(largest_product)));
    return mix(smooth_power, product, equal(is_product, vec4(1.0)));
}

#endif

VALUES combine(const VALUES a, const VALUES b)
{
    VALUES result = a;
    switch (kind)
    {
    case binary_add:
        result = a + b;
        break;
    case binary_sub:
        result = a - b;
        break;
    case binary_mul:
        result = a * b;
        break;
    case binary_div:
        result = divide(a, b);
        break;
    case binary_min:
        result = smaller(a, b);
        break;
    case binary_max:
        result = larger(a, b);
        break;
    case binary_pow:
        result = power(a, b);
        break;
    case binary_prelu:
        result = mix(a, a * b, lessThan(a, VALUES(0)));
        break;
    case binary_mod:
        result = modulo(a, b);
        break;
    case binary_fmod:
        result = remainder(a, b);
        break;
    }
#ifdef STORAGE_I32
    result = narrowed(range, result);
#endif
    return result;
}

#endif
