#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::depth_to_space_test {

TEST_CASE("depth_to_space: both orders, also where blocks of channels do not line up")
{
    for (const DepthOrder order : {DepthOrder::depth_column_row, DepthOrder::column_row_depth})
    {
        check_op(DepthToSpace{.block_size = 2, .order = order}, {random({1, 4, 3, 5})}, {.is_exact = true});
        check_op(DepthToSpace{.block_size = 2, .order = order}, {random({2, 20, 2, 3})}, {.is_exact = true});
        check_op(DepthToSpace{.block_size = 3, .order = order}, {random({2, 27, 1, 4})}, {.is_exact = true});
        check_op(DepthToSpace{.block_size = 1, .order = order}, {random({1, 5, 2, 3})}, {.is_exact = true});
        check_op(DepthToSpace{.block_size = 4, .order = order}, {random({1, 64, 7, 5})}, {.is_exact = true});
    }
}

TEST_CASE("depth_to_space: refuses channels that are no multiple of the block")
{
    CHECK(refusal(DepthToSpace{.block_size = 2}, {random({1, 6, 2, 2})}) ==
          "blocksize 2 needs a multiple of 4 channels, got 6");
    CHECK(refusal(DepthToSpace{.block_size = 0}, {random({1, 4, 2, 2})}) == "blocksize must be 1 or more, got 0");
    CHECK(refusal(DepthToSpace{.block_size = INT64_MAX}, {random({1, 4, 2, 2})}) != "");
    CHECK(refusal(DepthToSpace{.block_size = 2}, {random({1, 4, 2})}) == "the input must be N x C x H x W, got 1x4x2");
}

} // namespace vkseg::test::depth_to_space_test
