#include "base/checked_arithmetic.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::checked_arithmetic_test {

/// Values at which something changes, and those beside them.
constexpr int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -3037000500, -3037000499,   -2,       -1, 0, 1,
                             2,         3037000499,    3037000500,  INT64_MAX - 1, INT64_MAX};

TEST_CASE("checked_arithmetic: sums and products agree with 128 bits")
{
#ifdef __SIZEOF_INT128__
    using Wide = __int128;
    for (const int64_t a : edges)
    {
        for (const int64_t b : edges)
        {
            CAPTURE(a);
            CAPTURE(b);
            const Wide sum = Wide(a) + b;
            const Wide product = Wide(a) * b;
            int64_t result = 0;
            CHECK(add_overflows(a, b, result) == (sum != int64_t(sum)));
            if (sum == int64_t(sum))
                CHECK(result == int64_t(sum));
            CHECK(multiply_overflows(a, b, result) == (product != int64_t(product)));
            if (product == int64_t(product))
                CHECK(result == int64_t(product));
        }
    }
#endif
}

} // namespace vkseg::test::checked_arithmetic_test
