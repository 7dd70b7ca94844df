#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::deform_columns_test {
namespace {

// Positions are rounded at coordinates of up to some ten pixels.
constexpr Check sampled = {.terms = 1024};

} // namespace

TEST_CASE("deform_columns: samples at the taps plus their offsets, in groups, with and without a mask")
{
    const Window three = {.kernel = {3, 3}, .strides = {}, .dilations = {}, .pads = {1, 1, 1, 1}};
    check_op(DeformColumns{.window = three}, {random({2, 3, 7, 9}), random({2, 18, 7, 9}, -3, 3)}, sampled);
    check_op(DeformColumns{.window = three},
             {random({1, 8, 5, 4}), random({1, 18, 5, 4}, -2, 2), random({1, 9, 5, 4}, 0, 1)}, sampled);
    const Window odd = {.kernel = {2, 3}, .strides = {2, 1}, .dilations = {1, 2}, .pads = {0, 2, 1, 1}};
    check_op(DeformColumns{.window = odd, .groups = 2, .offset_groups = 3},
             {random({2, 6, 7, 8}), random({2, 36, 4, 7}, -2, 2), random({2, 18, 4, 7}, 0, 1)}, sampled);
    check_op(DeformColumns{.window = odd, .groups = 2, .offset_groups = 4},
             {random({1, 32, 7, 8}), random({1, 48, 4, 7}, -2, 2)}, sampled);
    // Offsets that point far away, or nowhere.
    std::vector<float> offsets = random({1, 2, 3, 3}).to_floats();
    offsets[0] = std::numeric_limits<float>::quiet_NaN();
    offsets[4] = std::numeric_limits<float>::infinity();
    offsets[11] = -3e38f;
    check_op(DeformColumns{.window = {.kernel = {1, 1}}}, {random({1, 4, 3, 3}), Tensor::from({1, 2, 3, 3}, offsets)},
             sampled);
}

TEST_CASE("deform_columns: columns larger than a binding are computed in shares")
{
    check_shares(DeformColumns{.window = {.kernel = {3, 3}}},
                 {random({2, 8, 7, 7}), random({2, 18, 5, 5}, -1.5f, 1.5f)}, 8192, sampled);
}

TEST_CASE("deform_columns: refuses what does not fit and says why")
{
    const Window one = {.kernel = {1, 1}};
    const Tensor x = random({1, 4, 3, 3});
    CHECK(refusal(DeformColumns{.window = one}, {random({1, 4, 3}), random({1, 2, 3})}) ==
          "x must have 2 spatial axes, got 1x4x3");
    CHECK(refusal(DeformColumns{.window = one}, {x, random({1, 3, 3, 3})}) ==
          "offsets must be floats of shape 1x2x3x3, got f32 1x3x3x3");
    CHECK(refusal(DeformColumns{.window = one}, {x, random({1, 2, 3, 3}), random({1, 2, 3, 3})}) ==
          "mask must be floats of shape 1x1x3x3, got f32 1x2x3x3");
    CHECK(refusal(DeformColumns{.window = one, .groups = 3}, {x, random({1, 2, 3, 3})}) ==
          "groups must divide the channels of x, 4, got 3");
}

} // namespace vkseg::test::deform_columns_test
