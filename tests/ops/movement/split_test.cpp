#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::split_test {

TEST_CASE("split: channels part whether or not they line up with blocks")
{
    check_op(Split{.axis = 1, .split = {4, 8, 4}}, {random({2, 16, 3, 5})}, {.outputs = 3, .is_exact = true});
    check_op(Split{.axis = 1, .split = {4, 3, 4}}, {random({2, 11, 3, 5})}, {.outputs = 3, .is_exact = true});
    check_op(Split{.axis = 1, .split = {1, 3, 17}}, {random({1, 21, 3, 5})}, {.outputs = 3, .is_exact = true});
    check_op(Split{.axis = 1, .parts = 5}, {random({1, 5, 2, 3})}, {.outputs = 5, .is_exact = true});
}

TEST_CASE("split: any axis, equal parts or a smaller last one")
{
    for (const int64_t axis : {0, 2, 3, -1})
        check_op(Split{.axis = axis, .parts = 2}, {random({2, 3, 4, 6})}, {.outputs = 2, .is_exact = true});
    check_op(Split{.axis = 2, .parts = 3}, {random({1, 3, 7})}, {.outputs = 3, .is_exact = true});
    check_op(Split{.axis = 0}, {random({7}), ints({2, 5})}, {.outputs = 2, .is_exact = true});
    check_op(Split{.axis = 3, .parts = 3}, {random({1, 3, 2, 6, 5})}, {.outputs = 3, .is_exact = true});
}

TEST_CASE("split: refuses parts that do not add up")
{
    CHECK(refusal(Split{.axis = 0, .split = {2, 6}}, {random({7})}) ==
          "the parts must be 0 or more and add up to 7, got a part of 6 after a sum of 2");
    CHECK(refusal(Split{.axis = 0, .split = {2, 4}}, {random({7})}) != "");
    CHECK(refusal(Split{.axis = 0, .split = {-1, 8}}, {random({7})}) != "");
    CHECK(refusal(Split{.axis = 0, .split = {3, 4}, .parts = 3}, {random({7})}) != "");
    CHECK(refusal(Split{.axis = 0}, {random({7})}) == "a split needs 1 to 65536 outputs, got 0");
    CHECK(refusal(Split{.axis = 0, .parts = 5}, {random({7})}) == "an extent of 7 cannot be split into 5 parts of 2");
    CHECK(refusal(Split{.axis = 1, .parts = 2}, {random({7})}) != "");
}

} // namespace vkseg::test::split_test
