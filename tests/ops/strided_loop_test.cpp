#include "ops/strided_loop.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::strided_loop_test {

using Loop = StridedLoop<2>;

TEST_CASE("strided loop: loops merge if the outer one continues the inner one in all tensors")
{
    std::vector<Loop> nest;
    append(nest, Loop{3, {20, 40}});
    append(nest, Loop{5, {4, 8}}); // 5 turns of 4 and 8 are one of 20 and 40
    append(nest, Loop{2, {2, 1}}); // continues in the first tensor alone
    append(nest, Loop{1, {7, 7}});
    REQUIRE(nest.size() == 2);
    CHECK(nest[0].extent == 15);
    CHECK(nest[0].strides == std::array<int64_t, 2>{4, 8});
    CHECK(nest[1].extent == 2);
}

TEST_CASE("strided loop: a single turn leaves no loop")
{
    std::vector<Loop> nest;
    append(nest, Loop{1, {1, 1}});
    CHECK(nest.empty());
}

} // namespace vkseg::test::strided_loop_test
