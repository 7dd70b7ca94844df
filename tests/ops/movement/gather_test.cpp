#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::gather_test {

TEST_CASE("gather: slices along every axis, by indices of any rank, also from behind")
{
    const Tensor x = random({2, 5, 3, 7});
    for (const int64_t axis : {0, 1, 2, 3, -1})
        check_op(Gather{.axis = axis}, {x, random_integers({3}, -2, 1)}, {.is_exact = true});
    check_op(Gather{.axis = 1}, {x, random_integers({2, 3}, -5, 4)}, {.is_exact = true});
    check_op(Gather{.axis = 1}, {x, Tensor::from_integers({}, {-2})}, {.is_exact = true});
    check_op(Gather{.axis = 0}, {random({6}), random_integers({2, 2, 3}, 0, 5)}, {.is_exact = true});
    check_op(Gather{.axis = 0}, {random({17, 3}), random_integers({1, 19}, 0, 16)}, {.is_exact = true});
    check_op(Gather{.axis = 0}, {random_integers({6, 2}, -99, 99), random_integers({5}, -6, 5)}, {.is_exact = true});
}

TEST_CASE("gather: refuses indices that are no integers, too many axes, and constants out of range")
{
    const Tensor x = random({2, 3});
    CHECK(refusal(Gather{}, {x, random({2})}) == "indices must be integers, got f32");
    CHECK(refusal(Gather{}, {x, ints({0, 2})}) == "indices must lie within an extent of 2, got 2");
    CHECK(refusal(Gather{.axis = 2}, {x, ints({0})}) != "");
    CHECK(refusal(Gather{}, {random({}), ints({0})}) != "");
    CHECK(refusal(Gather{}, {x, random_integers({1, 1, 1, 1, 1, 1, 1, 1}, 0, 1)}) != "");
}

} // namespace vkseg::test::gather_test
