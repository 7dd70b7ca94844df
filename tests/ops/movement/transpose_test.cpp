#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::transpose_test {

TEST_CASE("transpose: every permutation of four axes")
{
    Integers permutation = {0, 1, 2, 3};
    const Tensor x = random({2, 5, 3, 4});
    do
        check_op(Transpose{.permutation = permutation}, {x}, {.is_exact = true});
    while (std::next_permutation(permutation.begin(), permutation.end()));
}

TEST_CASE("transpose: other ranks, the default order, integers and a larger picture")
{
    check_op(Transpose{}, {random({5})}, {.is_exact = true});
    check_op(Transpose{}, {random({3, 21})}, {.is_exact = true});
    check_op(Transpose{}, {random({2, 5, 7})}, {.is_exact = true});
    check_op(Transpose{.permutation = {0, 2, 1}}, {random({1, 64, 49})}, {.is_exact = true});
    check_op(Transpose{.permutation = {0, 4, 2, 1, 3}}, {random({1, 3, 2, 5, 4})}, {.is_exact = true});
    check_op(Transpose{.permutation = {0, 1, 3, 4, 2}}, {random({2, 6, 3, 2, 5})}, {.is_exact = true});
    check_op(Transpose{.permutation = {5, 0, 3, 1, 4, 2}}, {random({2, 3, 2, 2, 3, 4})}, {.is_exact = true});
    check_op(Transpose{.permutation = {0, 3, 1, 2}}, {random_integers({1, 4, 5, 3}, -99, 99)}, {.is_exact = true});
    check_op(Transpose{.permutation = {0, 3, 1, 2}}, {random({1, 113, 89, 3})}, {.is_exact = true});
}

TEST_CASE("transpose: refuses what is no permutation")
{
    const Tensor x = random({2, 3});
    CHECK(refusal(Transpose{.permutation = {0}}, {x}) == "perm must name each of the 2 axes of the input, got 1");
    CHECK(refusal(Transpose{.permutation = {0, 0}}, {x}) == "axes must differ from each other, got axis 0 twice");
    CHECK(refusal(Transpose{.permutation = {0, 2}}, {x}) != "");
}

} // namespace vkseg::test::transpose_test
