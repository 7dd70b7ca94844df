#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::concat_test {

TEST_CASE("concat: channels join whether or not they line up with blocks")
{
    for (const auto& [a, b, c] :
         {std::array<int64_t, 3>{4, 8, 4}, {1, 1, 1}, {3, 5, 17}, {4, 3, 4}, {1, 2, 6}, {21, 4, 1}})
        check_op(Concat{.axis = 1},
                 {random({2, a, 3, 5}), random({2, b, 3, 5}, -1, 1, 2), random({2, c, 3, 5}, -1, 1, 3)},
                 {.is_exact = true});
}

TEST_CASE("concat: any axis of any rank")
{
    for (const int64_t axis : {0, 1, -1})
        check_op(Concat{.axis = axis}, {random({3, 5}), random({3, 5}, -1, 1, 2)}, {.is_exact = true});
    for (const int64_t axis : {0, 2})
        check_op(Concat{.axis = axis}, {random({2, 5, 3}), random({2, 5, 3}, -1, 1, 2)}, {.is_exact = true});
    for (const int64_t axis : {0, 2, 3})
        check_op(Concat{.axis = axis}, {random({2, 5, 3, 7}), random({2, 5, 3, 7}, -1, 1, 2)}, {.is_exact = true});
    for (const int64_t axis : {0, 1, 2, 3, 4})
        check_op(Concat{.axis = axis}, {random({1, 3, 2, 3, 5}), random({1, 3, 2, 3, 5}, -1, 1, 2)},
                 {.is_exact = true});
    check_op(Concat{.axis = 3}, {random({2, 1, 3, 2, 2, 3}), random({2, 1, 3, 5, 2, 3})}, {.is_exact = true});
    check_op(Concat{.axis = 0}, {random({5}), random({1}), random({7})}, {.is_exact = true});
}

TEST_CASE("concat: many thin inputs share the elements of a linear tensor")
{
    std::vector<Tensor> inputs;
    for (uint32_t i = 0; i < 9; ++i)
        inputs.push_back(random({3, 1}, -1, 1, i + 1));
    check_op(Concat{.axis = 1}, inputs, {.is_exact = true});
    check_op(Concat{.axis = 0}, inputs, {.is_exact = true});
}

TEST_CASE("concat: one input, and integers")
{
    check_op(Concat{.axis = 1}, {random({1, 5, 4, 4})}, {.is_exact = true});
    check_op(Concat{.axis = 1}, {random_integers({1, 3, 2, 2}, -9, 9), random_integers({1, 2, 2, 2}, -9, 9, 2)},
             {.is_exact = true});
}

TEST_CASE("concat: refuses inputs that do not match")
{
    CHECK(refusal(Concat{.axis = 1}, {random({1, 3, 4}), random({1, 3, 5})}) ==
          "all inputs must have the same extents except along axis 1, got 1x3x4 and 1x3x5");
    CHECK(refusal(Concat{.axis = 1}, {random({1, 3, 4}), random({1, 3})}) != "");
    CHECK(refusal(Concat{.axis = 3}, {random({1, 3, 4}), random({1, 3, 4})}) ==
          "axis must be one of the 3 axes of the tensor, got 3");
    CHECK(refusal(Concat{.axis = 0}, {random({}), random({})}) != "");
    CHECK(refusal(Concat{.axis = 0}, {random({2}), ints({1, 2})}) == "all inputs must have one type, got f32 and i64");
    CHECK(refusal(Concat{.axis = 0}, {}) == "input 0 is missing");
}

} // namespace vkseg::test::concat_test
