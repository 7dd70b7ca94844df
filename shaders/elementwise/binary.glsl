// Arithmetic functions of BinaryKind on four values.
#ifndef VKSEG_BINARY_GLSL
#define VKSEG_BINARY_GLSL

#include "elementwise/binary.h"
#include "shared/nan.glsl"
#include "elementwise/narrow.glsl"

layout(constant_id = binary_kind_id) const int kind = binary_add;
layout(constant_id = range_id) const int range = narrow_none; // range that integer results are wrapped to

#define RESULTS VALUES
#define RESULT_ELEMENT ELEMENT
#define ENCODE_RESULT(values) encode(values)

#ifdef STORAGE_I32

// Quotient, truncated; 0 for division by 0. The hardware never divides by -1: the quotient of the smallest integer would
// overflow.
ivec4 divide(const ivec4 a, const ivec4 b)
{
    const bvec4 is_plain = greaterThan(uvec4(b + 1), uvec4(1));
    return mix(-a * b * b, a / mix(ivec4(1), b, is_plain), is_plain);
}

// Remainder of divide, with the sign of a.
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

// Shifts of the bits, 0 if the distance is negative or at least 32: GLSL leaves these undefined.
ivec4 shifted(const ivec4 bits, const ivec4 distance)
{
    return mix(ivec4(0), bits, lessThan(uvec4(distance), uvec4(32u)));
}

ivec4 bitwise(const ivec4 a, const ivec4 b)
{
    switch (kind)
    {
    case binary_bitwise_and:
        return a & b;
    case binary_bitwise_or:
        return a | b;
    case binary_bitwise_xor:
        return a ^ b;
    case binary_shift_left:
        return shifted(a << (b & 31), b);
    }
    return shifted(a >> (b & 31), b); // operands of 8 bits are not negative
}

#else

vec4 bitwise(const vec4 a, const vec4 b) { return a; } // not of floats
vec4 divide(const vec4 a, const vec4 b) { return a / b; }

// Parts of a float without its sign, which is mantissa * 2^(exponent - 150).
uvec4 mantissa_of(const uvec4 bits)
{
    const uvec4 fraction = bits & 0x7fffffu;
    return mix(fraction | 0x800000u, fraction, lessThan(bits, uvec4(0x800000u)));
}
uvec4 exponent_of(const uvec4 bits) { return max(bits >> 23, 1u); }

// C's fmod, exact: a - n b, where n is the truncated quotient. Long division of the mantissa of a, eight binary digits at a time.
vec4 remainder(const vec4 a, const vec4 b)
{
    const uvec4 a_bits = floatBitsToUint(a) & 0x7fffffffu;
    const uvec4 b_bits = floatBitsToUint(b) & 0x7fffffffu;
    const uvec4 sign_bits = floatBitsToUint(a) & 0x80000000u;
    const uvec4 infinite = uvec4(infinity_bits);
    const bvec4 is_smaller = lessThan(a_bits, b_bits); // also true if a is infinite or NaN and b is a NaN of larger bits
    const uvec4 divisor = max(mantissa_of(b_bits), 1u);
    const uvec4 exponent = exponent_of(b_bits);
    uvec4 rest = mantissa_of(a_bits) % divisor;
    uvec4 digits = mix(exponent_of(a_bits) - exponent, uvec4(0u), is_smaller);
    while (any(greaterThan(digits, uvec4(0u))))
    {
        const uvec4 some = min(digits, 8u);
        rest = (rest << some) % divisor;
        digits -= some;
    }
    const uvec4 top = uvec4(max(findMSB(rest), ivec4(0)));
    const bvec4 is_normal = greaterThan(exponent + top, uvec4(23u));
    const uvec4 normal = (exponent + top - 23u) << 23 | rest << (23u - top) & 0x7fffffu;
    uvec4 result = mix(rest << (exponent - 1u & 31u), normal, is_normal);
    result = mix(result, uvec4(0u), equal(rest, uvec4(0u)));
    result = mix(result, a_bits, is_smaller);
    const uvec4 nan = uvec4(floatBitsToUint(not_a_number()));
    result = mix(result, nan, greaterThan(b_bits, infinite));
    result = mix(result, nan, greaterThanEqual(a_bits, infinite));
    result = mix(result, nan, equal(b_bits, uvec4(0u)));
    return uintBitsToFloat(result | sign_bits);
}

vec4 modulo(const vec4 a, const vec4 b)
{
    const vec4 rest = remainder(a, b);
    return rest + mix(vec4(0.0), b, lessThan(sign(rest) * sign(b), vec4(0.0)));
}

// GLSL's pow is undefined for negative bases and off by many ulps; small integer powers are products here.
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
    const bvec4 is_odd = notEqual(fract(min(size, 16777216.0) * 0.5), zero); // larger ones are all even
    const vec4 height = abs(base);
    vec4 smooth_power = exp2(exponent * log2(height));
    smooth_power = mix(smooth_power, sqrt(height), equal(exponent, vec4(0.5)));
    smooth_power = mix(smooth_power, mix(zero, vec4(infinity()), lessThan(exponent, zero)), equal(size_bits(base), ivec4(0)));
    smooth_power = mix(smooth_power, vec4(1.0), equal(height, vec4(1.0))); // for infinite exponents, too
    const bvec4 is_infinite = equal(size_bits(base), ivec4(infinity_bits));
    const vec4 of_fraction = mix(vec4(not_a_number()), smooth_power, is_infinite);
    const vec4 of_negative = mix(of_fraction, mix(smooth_power, -smooth_power, is_odd), is_integer);
    smooth_power = mix(smooth_power, of_negative, lessThan(base, zero));
    smooth_power = mix(nan_of_either(base, exponent, smooth_power), vec4(1.0), equal(base, vec4(1.0)));
    const vec4 is_product = vec4(is_integer) * vec4(lessThanEqual(size, vec4(largest_product)));
    return mix(smooth_power, product, equal(is_product, vec4(1.0)));
}

#endif

RESULTS combine(const VALUES a, const VALUES b)
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
    case binary_bitwise_and:
    case binary_bitwise_or:
    case binary_bitwise_xor:
    case binary_shift_left:
    case binary_shift_right:
        result = bitwise(a, b);
        break;
    }
#ifdef STORAGE_I32
    result = narrowed(range, result);
#endif
    return result;
}

#endif
