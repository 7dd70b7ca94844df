#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::test::pad_test {

TEST_CASE("pad: every mode along every axis")
{
    for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::edge, PadMode::wrap})
    {
        check_op(Pad{.mode = mode, .pads = {0, 0, 1, 2, 0, 0, 3, 1}, .value = 0.5f}, {random({2, 5, 4, 7})},
                 {.is_exact = true});
        check_op(Pad{.mode = mode, .pads = {1, 1, 0, 0, 0, 2, 0, 1}, .value = -2}, {random({2, 3, 1, 3})},
                 {.is_exact = true});
        check_op(Pad{.mode = mode, .pads = {0, 3, 1, 0, 2, 0, 1, 0, 1, 1}}, {random({1, 4, 2, 3, 2})},
                 {.is_exact = true});
        check_op(Pad{.mode = mode, .pads = {0, 1, 2, 0, 1, 0, 3, 0}, .value = 0.5f}, {random({3, 5, 4, 8})},
                 {.is_exact = true}); // channels last: whole elements move
        check_op(Pad{.mode = mode, .pads = {2, 3}}, {random({5})}, {.is_exact = true});
        check_op(Pad{.mode = mode, .pads = {0, 1, 1, 0}}, {random({3, 5})}, {.is_exact = true});
        check_op(Pad{.mode = mode, .pads = {0, 0, 1, 1, 1, 0}}, {random({2, 5, 3})}, {.is_exact = true});
        check_op(Pad{.mode = mode, .pads = {0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0}}, {random({2, 2, 1, 3, 2, 2})},
                 {.is_exact = true});
    }
}

TEST_CASE("pad: negative pads crop, also on one side only")
{
    for (const PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::edge})
        check_op(Pad{.mode = mode, .pads = {0, -1, -1, 2, 0, -2, 1, -3}}, {random({1, 9, 5, 7})}, {.is_exact = true});
}

TEST_CASE("pad: reflections and repetitions may be longer than the input")
{
    for (const PadMode mode : {PadMode::reflect, PadMode::wrap})
        check_op(Pad{.mode = mode, .pads = {0, 0, 0, 5, 0, 0, 0, 7}}, {random({1, 3, 2, 3})}, {.is_exact = true});
}

TEST_CASE("pad: parameters as inputs, integers and special values")
{
    check_op(Pad{}, {random({1, 3, 4}), ints({1, 2}), Tensor::from({}, {0.25f}), ints({2})}, {.is_exact = true});
    check_op(Pad{}, {random_integers({2, 3}, -9, 9), ints({1, 1, 0, 2}), Tensor::from_integers({1}, {-7})},
             {.is_exact = true});
    check_op(Pad{.pads = {0, 1, 0, 1}, .value = -INFINITY}, {random({2, 3})}, {.is_exact = true});
}

TEST_CASE("pad: refuses pads that do not fit")
{
    const Tensor x = random({2, 3});
    CHECK(refusal(Pad{.pads = {1, 1, 1}}, {x}) == "pads must hold a begin and an end for each of 2 axes, got 3 values");
    CHECK(refusal(Pad{.pads = {0, -2, 0, -2}}, {x}) == "pads of -2 and -2 do not fit an extent of 3");
    CHECK(refusal(Pad{.pads = {0, INT64_MAX, 0, INT64_MAX}}, {x}) != "");
    CHECK(refusal(Pad{.mode = PadMode::edge, .pads = {0, -3, 0, 2}}, {x}) ==
          "an extent of 3 has too few values to repeat for pads of -3 and 2");
    CHECK(refusal(Pad{.mode = PadMode::wrap, .pads = {0, -1, 0, 2}}, {x}) != "");
    CHECK(refusal(Pad{.pads = {1, 1}, .axes = {2}}, {x}) != "");
    CHECK(refusal(Pad{}, {x, ints({0, 0, 0, 0}), ints({1, 2})}) != "");
}

} // namespace vkseg::test::pad_test
