#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::reshape_test {

TEST_CASE("reshape: any shape of as many values, across blocks of channels")
{
    for (const auto& [from, to] : {std::pair<Shape, Integers>{{1, 8, 3, 2}, {1, 6, 8}},
                                   {{1, 8, 3, 2}, {1, 2, 4, 3, 2}},
                                   {{2, 5, 6}, {2, 5, 2, 3}},
                                   {{2, 5, 6}, {5, 12}},
                                   {{2, 5, 6}, {0, 0, -1}},
                                   {{2, 5, 6}, {-1}},
                                   {{2, 3, 4, 5}, {6, 20}},
                                   {{2, 3, 4, 5}, {2, 1, 3, 2, 2, 5}},
                                   {{6, 20}, {4, 5, 3, 2}},
                                   {{1, 1, 1}, {}},
                                   {{1, 6, 4, 4}, {1, 8, 12, 1}},
                                   {{1, 3, 2, 4, 5}, {1, 3, 2, 20}}})
        check_op(Reshape{}, {random(from), ints(to)}, {.is_exact = true});
}

TEST_CASE("reshape: flatten, squeeze and unsqueeze")
{
    for (const int64_t axis : {-4, -1, 0, 1, 2, 3, 4})
        check_op(Reshape{.kind = ReshapeKind::flatten, .axes = {axis}}, {random({2, 3, 4, 5})}, {.is_exact = true});
    check_op(Reshape{.kind = ReshapeKind::squeeze}, {random({1, 5, 1, 3})}, {.is_exact = true});
    check_op(Reshape{.kind = ReshapeKind::squeeze, .axes = {-2}}, {random({1, 5, 1, 3})}, {.is_exact = true});
    check_op(Reshape{.kind = ReshapeKind::squeeze}, {random({2, 5, 1, 1}), ints({2, 3})}, {.is_exact = true});
    check_op(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0, -1}}, {random({5, 3})}, {.is_exact = true});
    check_op(Reshape{.kind = ReshapeKind::unsqueeze}, {random({5}), ints({0, 2, 3})}, {.is_exact = true});
    check_op(Reshape{.shape = {3, 4}}, {random_integers({2, 6}, 0, 9)}, {.is_exact = true});
}

TEST_CASE("reshape: refuses shapes that do not fit")
{
    const Tensor x = random({2, 3});
    CHECK(refusal(Reshape{.shape = {5}}, {x}) == "input 2x3 cannot be given the shape [5]");
    CHECK(refusal(Reshape{.shape = {-1, -1}}, {x}) != "");
    CHECK(refusal(Reshape{.shape = {-1, 4}}, {x}) != "");
    CHECK(refusal(Reshape{.shape = {2, 3, 0}}, {x}) != "");
    CHECK(refusal(Reshape{.shape = {0, -1}, .allow_zero = true}, {x}) != "");
    CHECK(refusal(Reshape{.shape = {INT64_MAX, INT64_MAX}}, {x}) != "");
    CHECK(refusal(Reshape{.shape = {1, 1, 1, 1, 1, 1, 1, 2, 3}}, {x}) == "a tensor has at most 8 axes, got 9");
    CHECK(refusal(Reshape{.kind = ReshapeKind::flatten, .axes = {3}}, {x}) ==
          "axis must lie between -2 and 2, got [3]");
    CHECK(refusal(Reshape{.kind = ReshapeKind::squeeze, .axes = {1}}, {x}) ==
          "axis 1 must have extent 1 to be squeezed, got 2x3");
    CHECK(refusal(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0, 0}}, {x}) != "");
    CHECK(refusal(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0, 1, 2, 3, 4, 5, 6}}, {x}) != "");
}

} // namespace vkseg::test::reshape_test
