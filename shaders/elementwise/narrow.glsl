#ifndef VKSEG_NARROW_GLSL
#define VKSEG_NARROW_GLSL

#include "elementwise/elementwise.h"

// Wraps integers, which are all stored in 32 bits, to the range of their type.
ivec4 narrowed(const int range, const ivec4 values)
{
    switch (range)
    {
    case narrow_u8:
        return values & 255;
    case narrow_i8:
        return values << 24 >> 24;
    case narrow_boolean:
        return ivec4(notEqual(values, ivec4(0)));
    }
    return values;
}

#endif
