#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::gather_elements_test {

TEST_CASE("gather_elements: takes a value for each index, along every axis, also from behind")
{
    const Tensor x = random({2, 5, 3, 7});
    for (const int64_t axis : {0, 1, 2, -1})
    {
        Shape shape = {2, 4, 3, 6};
        shape[size_t(axis + 4) % 4] = 9;
        check_op(GatherElements{.axis = axis}, {x, random_integers(shape, -2, 1)}, {.is_exact = true});
    }
    check_op(GatherElements{}, {random({17}), random_integers({33}, -17, 16)}, {.is_exact = true});
    check_op(GatherElements{.axis = 1}, {random({3, 1}), random_integers({3, 5}, 0, 0)}, {.is_exact = true});
    check_op(GatherElements{.axis = 1}, {random_integers({6, 4}, -99, 99), random_integers({5, 2}, -4, 3)});
    check_op(GatherElements{.axis = 3},
             {random({2, 1, 2, 3, 2, 1, 2, 3}), random_integers({1, 1, 2, 4, 1, 1, 2, 2}, 0, 2)}, {.is_exact = true});
    check_op(GatherElements{.axis = 0}, {random_booleans({6, 4}), random_integers({5, 4}, 0, 5)});
}

TEST_CASE("gather_elements: refuses what does not fit and says why")
{
    const Tensor x = random({2, 3});
    CHECK(refusal(GatherElements{}, {x, random({2, 3})}) == "indices must be integers, got f32");
    CHECK(refusal(GatherElements{}, {x, random_integers({2, 3}, 2, 2)}) ==
          "indices must lie within an extent of 2, got 2");
    CHECK(refusal(GatherElements{}, {x, random_integers({2, 4}, 0, 1)}) ==
          "indices must have the rank of x and fit it along all axes but 0, got x 2x3 and indices 2x4");
    CHECK(refusal(GatherElements{}, {x, ints({0})}) != "");
    CHECK(refusal(GatherElements{.axis = 2}, {x, random_integers({2, 3}, 0, 1)}) != "");
}

} // namespace vkseg::test::gather_elements_test
