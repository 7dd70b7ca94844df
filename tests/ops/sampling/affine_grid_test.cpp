#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::affine_grid_test {

TEST_CASE("affine_grid: transforms the positions of planes and volumes")
{
    for (const bool align_corners : {false, true})
    {
        check_op(AffineGrid{.size = {2, 3, 5, 7}, .align_corners = align_corners}, {random({2, 2, 3})}, {.terms = 3});
        check_op(AffineGrid{.size = {1, 1, 1, 3}, .align_corners = align_corners}, {random({1, 2, 3})}, {.terms = 3});
        check_op(AffineGrid{.size = {3, 1, 2, 3, 5}, .align_corners = align_corners}, {random({3, 3, 4})},
                 {.terms = 4});
    }
}

TEST_CASE("affine_grid: refuses what does not fit and says why")
{
    CHECK(refusal(AffineGrid{}, {random({1, 2, 3})}) == "size must be those of N, C and 2 or 3 spatial axes, got 0");
    CHECK(refusal(AffineGrid{.size = {1, 1, 4, 4}}, {random({1, 3, 4})}) ==
          "theta must be floats of shape 1x2x3, got f32 1x3x4");
    CHECK(refusal(AffineGrid{.size = {1, 1, -4, 4}}, {random({1, 2, 3})}) == "size must be at least 0, got -4");
}

} // namespace vkseg::test::affine_grid_test
