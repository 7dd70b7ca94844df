// Functions of BinaryKind with boolean results, on four values. In place of binary.glsl.
#ifndef VKSEG_COMPARE_GLSL
#define VKSEG_COMPARE_GLSL

#include "elementwise/binary.h"

layout(constant_id = binary_kind_id) const int kind = binary_equal;

#define RESULTS ivec4
#define RESULT_ELEMENT ivec4
#define ENCODE_RESULT(values) values

RESULTS combine(const VALUES a, const VALUES b)
{
    const ivec4 is_a = ivec4(notEqual(a, VALUES(0)));
    const ivec4 is_b = ivec4(notEqual(b, VALUES(0)));
    switch (kind)
    {
    case binary_greater:
        return ivec4(greaterThan(a, b));
    case binary_greater_or_equal:
        return ivec4(greaterThanEqual(a, b));
    case binary_less:
        return ivec4(lessThan(a, b));
    case binary_less_or_equal:
        return ivec4(lessThanEqual(a, b));
    case binary_logical_and:
        return is_a & is_b;
    case binary_logical_or:
        return is_a | is_b;
    case binary_logical_xor:
        return is_a ^ is_b;
    }
    return ivec4(equal(a, b));
}

#endif
