#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::cum_sum_test {

TEST_CASE("cum_sum: sums up along every axis, from both ends, with and without the value itself")
{
    for (const bool is_exclusive : {false, true})
    {
        for (const bool is_reverse : {false, true})
        {
            for (const int64_t axis : {0, 1, -2, -1})
                check_op(CumSum{.axis = axis, .is_exclusive = is_exclusive, .is_reverse = is_reverse},
                         {random({2, 5, 3, 7})}, {.terms = 7});
            check_op(CumSum{.is_exclusive = is_exclusive, .is_reverse = is_reverse}, {random_integers({13}, -9, 9)});
            // A row that is cut into chunks, and rows with values in between.
            check_op(CumSum{.axis = 1, .is_exclusive = is_exclusive, .is_reverse = is_reverse}, {random({2, 1013, 3})},
                     {.terms = 1013});
            check_op(CumSum{.is_exclusive = is_exclusive, .is_reverse = is_reverse}, {random_integers({129}, -9, 9)});
        }
    }
    check_op(CumSum{.axis = 1}, {random({700, 200, 3})}, {.terms = 200}); // many rows
    check_op(CumSum{.axis = 4}, {random({2, 1, 2, 3, 4, 1, 2, 3})}, {.terms = 4});
}

TEST_CASE("cum_sum: refuses what does not fit and says why")
{
    CHECK(refusal(CumSum{}, {random_booleans({3})}) == "x must be floats or integers of 32 or 64 bits, got bool");
    CHECK(refusal(CumSum{.axis = 1}, {random({3})}) != "");
    CHECK(refusal(CumSum{}, {random({3}), ints({0, 1})}) == "axis must be one integer, got 2");
}

} // namespace vkseg::test::cum_sum_test
