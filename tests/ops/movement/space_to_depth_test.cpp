#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::space_to_depth_test {

TEST_CASE("space_to_depth: blocks of any size, also where blocks of channels do not line up")
{
    check_op(SpaceToDepth{.block_size = 2}, {random({1, 1, 4, 6})}, {.is_exact = true});
    check_op(SpaceToDepth{.block_size = 2}, {random({2, 5, 2, 4})}, {.is_exact = true});
    check_op(SpaceToDepth{.block_size = 3}, {random({2, 3, 3, 6})}, {.is_exact = true});
    check_op(SpaceToDepth{.block_size = 1}, {random({1, 5, 2, 3})}, {.is_exact = true});
    check_op(SpaceToDepth{.block_size = 4}, {random({1, 4, 28, 20})}, {.is_exact = true});
}

TEST_CASE("space_to_depth: refuses pictures that are no multiple of the block")
{
    CHECK(refusal(SpaceToDepth{.block_size = 2}, {random({1, 3, 4, 5})}) ==
          "height and width must be multiples of blocksize 2, got 1x3x4x5");
    CHECK(refusal(SpaceToDepth{.block_size = -1}, {random({1, 3, 4, 5})}) != "");
    CHECK(refusal(SpaceToDepth{.block_size = 2}, {random({3, 4, 4})}) != "");
}

} // namespace vkseg::test::space_to_depth_test
