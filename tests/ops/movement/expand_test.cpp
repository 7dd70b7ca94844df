#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::expand_test {

TEST_CASE("expand: extents of 1 repeat, and axes are added in front")
{
    for (const auto& [from, to] : {std::pair<Shape, Integers>{{1, 5, 1, 1}, {2, 5, 3, 4}},
                                   {{2, 1, 3, 4}, {1, 7, 1, 1}},
                                   {{3, 1}, {3, 5}},
                                   {{3, 1}, {2, 1, 6}},
                                   {{5}, {2, 3, 4, 5}},
                                   {{}, {1, 3, 2}},
                                   {{1, 3, 1, 2, 1}, {2, 3, 4, 2, 5}},
                                   {{2, 1, 1, 3}, {2, 1, 2, 2, 4, 3}},
                                   {{2, 3}, {1}}})
        check_op(Expand{}, {random(from), ints(to)}, {.is_exact = true});
    check_op(Expand{.shape = {2, 3, 4}}, {random_integers({3, 1}, -9, 9)}, {.is_exact = true});
}

TEST_CASE("expand: refuses shapes that do not broadcast")
{
    CHECK(refusal(Expand{.shape = {2, 4}}, {random({2, 3})}) ==
          "input 2x3 cannot be broadcast to an extent of 4 along axis 1");
    CHECK(refusal(Expand{.shape = {-1, 3}}, {random({2, 3})}) != "");
    CHECK(refusal(Expand{.shape = {1, 1, 1, 1, 1, 1, 1, 1, 1}}, {random({3})}) != "");
    CHECK(refusal(Expand{.shape = {1 << 16, 1 << 16}}, {random({1, 1})}) ==
          "a tensor must have fewer than 2^31 values, got shape 65536x65536");
}

} // namespace vkseg::test::expand_test
