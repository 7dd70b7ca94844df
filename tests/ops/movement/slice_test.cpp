#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::slice_test {

TEST_CASE("slice: windows, steps and reversals along every axis")
{
    const Tensor x = random({2, 9, 5, 7});
    for (const Slice& slice :
         {Slice{.starts = {1}, .ends = {2}, .axes = {0}}, Slice{.starts = {4}, .ends = {8}, .axes = {1}},
          Slice{.starts = {4}, .ends = {9}, .axes = {1}}, Slice{.starts = {-101}, .ends = {8}, .axes = {1}},
          Slice{.starts = {4}, .ends = {6}, .axes = {1}}, Slice{.starts = {3}, .ends = {8}, .axes = {-3}},
          Slice{.starts = {0}, .ends = {9}, .axes = {1}, .steps = {2}},
          Slice{.starts = {-1}, .ends = {-100}, .axes = {1}, .steps = {-1}},
          Slice{.starts = {1, 2}, .ends = {4, -1}, .axes = {2, 3}},
          Slice{.starts = {0, 0}, .ends = {INT64_MAX, INT64_MAX}, .axes = {2, 3}, .steps = {2, 2}},
          Slice{.starts = {-1, -2}, .ends = {INT64_MIN, 0}, .axes = {3, 2}, .steps = {-1, -2}},
          Slice{.starts = {0, 1, 2, 3}, .ends = {1, 8, 5, 6}}})
        check_op(slice, {x}, {.is_exact = true});
}

TEST_CASE("slice: parameters as inputs, other ranks and integers")
{
    check_op(Slice{}, {random({3, 5, 6}), ints({0, 3}), ints({2, 6}), ints({1, 2}), ints({1, 1})}, {.is_exact = true});
    check_op(Slice{}, {random({17}), ints({-3}), ints({INT64_MIN}), missing(), ints({-4})}, {.is_exact = true});
    check_op(Slice{}, {random({2, 3, 4, 2, 3, 2}), ints({1}), ints({3}), ints({2})}, {.is_exact = true});
    check_op(Slice{.starts = {1}, .ends = {3}, .axes = {3}}, {random({1, 5, 3, 4, 2})}, {.is_exact = true});
    check_op(Slice{.starts = {1, 1, -1}, .ends = {9, 5, 0}, .axes = {1, 2, 4}, .steps = {1, 2, -2}},
             {random({2, 10, 7, 3, 6})}, {.is_exact = true});
    check_op(Slice{.starts = {2}, .ends = {INT64_MAX}}, {random_integers({5, 3}, -9, 9)}, {.is_exact = true});
    check_op(Slice{.starts = {2}, .ends = {INT64_MAX}, .axes = {0}, .steps = {INT64_MAX}}, {random({5, 3})},
             {.is_exact = true});
}

TEST_CASE("slice: refuses steps of zero and lists of different lengths")
{
    const Tensor x = random({4, 4});
    CHECK(refusal(Slice{.starts = {0}, .ends = {1}, .axes = {0}, .steps = {0}}, {x}) == "steps must not be 0");
    CHECK(refusal(Slice{.starts = {0}, .ends = {1, 2}}, {x}) ==
          "starts, ends, axes and steps must be of one length, got 1, 2, 1 and 0");
    CHECK(refusal(Slice{.starts = {0, 0}, .ends = {1, 2}, .axes = {0, -2}}, {x}) ==
          "axes must differ from each other, got axis -2 twice");
    CHECK(refusal(Slice{.starts = {0}, .ends = {1}, .axes = {2}}, {x}) != "");
    CHECK(refusal(Slice{.starts = {0, 0, 0}, .ends = {1, 1, 1}}, {x}) != "");
}

} // namespace vkseg::test::slice_test
