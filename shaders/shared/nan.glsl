// Functions that return NaN if a value is NaN, as arithmetic does. The results of max, min, clamp and comparisons for NaN are
// implementation-defined, and drivers may assume that there is no NaN; so NaN is detected by its bits.
#ifndef VKSEG_NAN_GLSL
#define VKSEG_NAN_GLSL

const int infinity_bits = 0x7f800000;
const float largest_float = 3.402823466e38;

float not_a_number() { return uintBitsToFloat(0x7fc00000u); }
float infinity() { return intBitsToFloat(infinity_bits); }

// Bits without the sign: greater than infinity_bits only for NaN.
#define SIZE_BITS(x) (floatBitsToInt(x) & 0x7fffffff)
ivec4 size_bits(const vec4 x) { return SIZE_BITS(x); }

bool is_nan(const float x) { return SIZE_BITS(x) > infinity_bits; }
bvec4 is_nan(const vec4 x) { return greaterThan(size_bits(x), ivec4(infinity_bits)); }
bvec4 is_nan(const ivec4 x) { return bvec4(false); }

// `result` of a function of x, or x if it is NaN.
vec4 keep_nan(const vec4 x, const vec4 result) { return mix(result, x, is_nan(x)); }

// Larger and smaller of two numbers. Drivers that define max and min of NaN (lavapipe) take three instructions for max or min and
// one for these functions; `precise` keeps the drivers from turning them back into max and min.
vec4 larger_number(const vec4 a, const vec4 b)
{
    precise const bvec4 is_above = greaterThan(a, b);
    precise const vec4 result = mix(b, a, is_above);
    return result;
}

vec4 smaller_number(const vec4 a, const vec4 b)
{
    precise const bvec4 is_below = lessThan(a, b);
    precise const vec4 result = mix(b, a, is_below);
    return result;
}

vec4 nan_of_either(const vec4 a, const vec4 b, const vec4 result)
{
    return mix(result, vec4(not_a_number()), greaterThan(max(size_bits(a), size_bits(b)), ivec4(infinity_bits)));
}

// log with the IEEE 754 results that GLSL leaves to the driver: of 0, negative numbers, infinity and NaN. pow_defined below does
// the same for pow.
vec4 log_defined(const vec4 x)
{
    const ivec4 size = size_bits(x);
    const bvec4 is_negative = lessThan(floatBitsToInt(x), ivec4(0));
    vec4 result = mix(log(x), x, greaterThanEqual(size, ivec4(infinity_bits)));
    result = mix(result, vec4(not_a_number()), is_negative);
    return mix(result, vec4(-infinity()), equal(size, ivec4(0)));
}

// base^exponent, NaN for negative bases.
vec4 pow_defined(const vec4 base, const vec4 exponent)
{
    const vec4 at_zero = mix(vec4(0.0), vec4(infinity()), lessThan(exponent, vec4(0.0)));
    vec4 result = mix(pow(base, exponent), vec4(not_a_number()), lessThan(floatBitsToInt(base), ivec4(0)));
    result = mix(result, at_zero, equal(size_bits(base), ivec4(0)));
    return nan_of_either(base, exponent, result);
}

vec4 larger(const vec4 a, const vec4 b) { return nan_of_either(a, b, larger_number(a, b)); }
vec4 smaller(const vec4 a, const vec4 b) { return nan_of_either(a, b, smaller_number(a, b)); }
ivec4 larger(const ivec4 a, const ivec4 b) { return max(a, b); }
ivec4 smaller(const ivec4 a, const ivec4 b) { return min(a, b); }

// x kept between bounds that are not NaN.
vec4 bounded(const vec4 x, const float low, const float high)
{
    return keep_nan(x, smaller_number(larger_number(x, vec4(low)), vec4(high)));
}

#endif
