#include "base/div_ceil.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

namespace vkseg::test::div_ceil_test {

TEST_CASE("div_ceil: quotients are rounded up, in the wider type of the two")
{
    CHECK(div_ceil(0, 4) == 0);
    CHECK(div_ceil(1, 4) == 1);
    CHECK(div_ceil(4, 4) == 1);
    CHECK(div_ceil(5, 4) == 2);
    CHECK(div_ceil((int64_t(1) << 40) + 1, 2) == (int64_t(1) << 39) + 1);
}

TEST_CASE("div_ceil: round_up gives the next multiple")
{
    CHECK(round_up(0, 256) == 0);
    CHECK(round_up(1, 256) == 256);
    CHECK(round_up(size_t(512), 256) == 512);
}

} // namespace vkseg::test::div_ceil_test
