#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::tile_test {

TEST_CASE("tile: repeats along every axis of every rank")
{
    check_op(Tile{}, {random({2, 3, 4, 5}), ints({2, 3, 1, 2})}, {.is_exact = true});
    check_op(Tile{.repeats = {1, 1, 2, 3}}, {random({1, 4, 3, 2})}, {.is_exact = true});
    check_op(Tile{.repeats = {3}}, {random({5})}, {.is_exact = true});
    check_op(Tile{.repeats = {2, 3}}, {random({3, 1})}, {.is_exact = true});
    check_op(Tile{.repeats = {1, 2, 2}}, {random({2, 5, 3})}, {.is_exact = true});
    check_op(Tile{.repeats = {2, 2, 2, 1, 2}}, {random({1, 3, 2, 2, 1})}, {.is_exact = true});
    check_op(Tile{.repeats = {2, 1, 2, 3, 1, 2}}, {random({1, 2, 2, 1, 3, 2})}, {.is_exact = true});
    check_op(Tile{.repeats = {2, 1, 3, 1}}, {random({2, 5, 3, 12})}, {.is_exact = true});
    check_op(Tile{.repeats = {2, 2}}, {random_integers({2, 3}, -9, 9)}, {.is_exact = true});
}

TEST_CASE("tile: refuses repeats that do not fit")
{
    CHECK(refusal(Tile{.repeats = {2}}, {random({2, 3})}) == "repeats must be one for each of the 2 axes, got 1");
    CHECK(refusal(Tile{.repeats = {2, -1}}, {random({2, 3})}) != "");
    CHECK(refusal(Tile{.repeats = {INT64_MAX, INT64_MAX}}, {random({2, 3})}) != "");
}

} // namespace vkseg::test::tile_test
