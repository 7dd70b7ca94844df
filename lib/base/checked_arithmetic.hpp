#pragma once

#include <cstdint>

namespace vkseg {

/// True if a + b does not fit 64 bits; otherwise sets `sum`, which may be one of the operands.
inline bool add_overflows(int64_t a, int64_t b, int64_t& sum)
{
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b)
        return true;
    sum = a + b;
    return false;
}

/// True if a * b does not fit 64 bits; otherwise sets `product`, which may be one of the operands.
inline bool multiply_overflows(int64_t a, int64_t b, int64_t& product)
{
    // Quotients are rounded towards zero, so that each comparison is exact.
    if (a > 0 ? (b > 0 ? a > INT64_MAX / b : b < INT64_MIN / a)
              : (b > 0 ? a < INT64_MIN / b : b < 0 && a < INT64_MAX / b))
        return true;
    product = a * b;
    return false;
}

} // namespace vkseg
