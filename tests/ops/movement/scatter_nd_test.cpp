#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::scatter_nd_test {

constexpr ScatterReduction reductions[] = {ScatterReduction::add, ScatterReduction::mul, ScatterReduction::max,
                                           ScatterReduction::min};

TEST_CASE("scatter_nd: replaces slices and values that tuples name, the last of several in row-major order")
{
    const Tensor data = random({3, 5, 4, 7});
    check_op(ScatterNd{}, {data, random_integers({4, 1}, -3, 2), random({4, 5, 4, 7})}, {.is_exact = true});
    check_op(ScatterNd{}, {data, random_integers({2, 9, 2}, -3, 2), random({2, 9, 4, 7})}, {.is_exact = true});
    check_op(ScatterNd{}, {data, random_integers({40, 4}, -3, 2), random({40})}, {.is_exact = true});
    check_op(ScatterNd{}, {data, random_integers({3}, -3, 2), random({7})}, {.is_exact = true});
    check_op(ScatterNd{}, {random({2, 1, 2, 3, 2, 1, 2}), random_integers({3, 3}, 0, 0), random({3, 3, 2, 1, 2})});
    check_op(ScatterNd{}, {random_booleans({17, 3}), random_integers({9, 1}, 0, 16), random_booleans({9, 3})});
}

TEST_CASE("scatter_nd: combines all updates of a place with its value")
{
    for (const ScatterReduction reduction : reductions)
    {
        check_op(ScatterNd{.reduction = reduction},
                 {random({3, 5, 4}), random_integers({30, 2}, -3, 2), random({30, 4}, 0.5f, 1.5f)}, {.terms = 30});
        check_op(ScatterNd{.reduction = reduction},
                 {random_integers({5, 7}, -9, 9), random_integers({9, 2}, 0, 4), random_integers({9}, -3, 3)});
    }
    // More updates than a workgroup sorts, most of them for one place.
    std::vector<int64_t> places(2500, 3);
    places[7] = places[2499] = -1;
    check_op(ScatterNd{.reduction = ScatterReduction::add},
             {random({9, 2}), Tensor::from_integers({2500, 1}, places), random({2500, 2})}, {.terms = 2500});
}

TEST_CASE("scatter_nd: a maximum with NaN is NaN, and places outside of the data take no update")
{
    const Tensor updates = Tensor::from({4}, {1, std::numeric_limits<float>::quiet_NaN(), 5, 7});
    for (const ScatterReduction reduction : {ScatterReduction::none, ScatterReduction::max, ScatterReduction::min})
        check_op(ScatterNd{.reduction = reduction},
                 {random({3, 2}), Tensor::from_integers({4, 2}, {0, 1, 2, 0, 1, INT32_MAX, INT32_MAX, 0}), updates});
}

TEST_CASE("scatter_nd: refuses what does not fit and says why")
{
    const Tensor data = random({2, 3});
    CHECK(refusal(ScatterNd{}, {data, random({2, 1}), random({2, 3})}) == "indices must be integers, got f32");
    CHECK(refusal(ScatterNd{}, {data, Tensor::from_integers({1, 2}, {1, 3}), random({1})}) ==
          "indices must lie within an extent of 3, got 3");
    CHECK(refusal(ScatterNd{}, {data, random_integers({4, 1}, 0, 1), random({4, 2})}) ==
          "the last axis of the indices must hold an index for one or more axes of the data, and updates must have the "
          "other axes of the indices, then those of the data, got data 2x3, indices 4x1 and updates 4x2");
    CHECK(refusal(ScatterNd{}, {data, random_integers({4, 3}, 0, 1), random({4})}) != "");
    CHECK(refusal(ScatterNd{}, {data, random_integers({4, 1}, 0, 1), random_integers({4, 3}, 0, 1)}) != "");
    CHECK(refusal(ScatterNd{.reduction = ScatterReduction::add},
                  {random_booleans({3}), random_integers({1, 1}, 0, 1), random_booleans({1})}) ==
          "updates are combined with floats and 32-bit integers only, got bool");
}

} // namespace vkseg::test::scatter_nd_test
