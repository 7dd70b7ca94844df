#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::gather_nd_test {

TEST_CASE("gather_nd: takes slices and values by tuples of indices, in batches and from behind")
{
    const Tensor x = random({3, 5, 4, 7});
    check_op(GatherNd{}, {x, random_integers({2, 3, 1}, -3, 2)}, {.is_exact = true});
    check_op(GatherNd{}, {x, random_integers({5, 2}, -3, 2)}, {.is_exact = true});
    check_op(GatherNd{}, {x, random_integers({1, 9, 4}, -3, 2)}, {.is_exact = true});
    check_op(GatherNd{}, {x, random_integers({3}, 0, 2)}, {.is_exact = true});
    check_op(GatherNd{.batch_dims = 1}, {x, random_integers({3, 6, 2}, -4, 3)}, {.is_exact = true});
    check_op(GatherNd{.batch_dims = 2}, {x, random_integers({3, 5, 1}, -4, 3)}, {.is_exact = true});
    check_op(GatherNd{.batch_dims = 1}, {random_integers({2, 9}, -99, 99), random_integers({2, 4, 1}, -9, 8)});
}

TEST_CASE("gather_nd: refuses what does not fit and says why")
{
    const Tensor x = random({2, 3});
    CHECK(refusal(GatherNd{}, {x, random({2, 1})}) == "indices must be integers, got f32");
    CHECK(refusal(GatherNd{}, {x, Tensor::from_integers({1, 2}, {1, 3})}) ==
          "indices must lie within an extent of 3, got 3");
    CHECK(refusal(GatherNd{}, {x, random_integers({1, 3}, 0, 1)}) ==
          "indices must share 0 axes with x, and the last axis must hold an index for one or more others, got x 2x3 "
          "and indices 1x3");
    CHECK(refusal(GatherNd{.batch_dims = 1}, {x, random_integers({3, 1}, 0, 1)}) != "");
    CHECK(refusal(GatherNd{.batch_dims = 2}, {x, random_integers({2, 3, 1}, 0, 1)}) != "");
    CHECK(refusal(GatherNd{.batch_dims = -1}, {x, random_integers({2, 1}, 0, 1)}) != "");
    CHECK(refusal(GatherNd{}, {x, Tensor::from_integers({}, {0})}) != "");
}

} // namespace vkseg::test::gather_nd_test
