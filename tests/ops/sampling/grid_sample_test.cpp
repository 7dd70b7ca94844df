#include "support/check_op.hpp"
#include "support/pairwise.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace vkseg::test::grid_sample_test {
namespace {

// Positions are rounded at coordinates of up to some hundred pixels.
constexpr Check sampled = {.terms = 4096};

const std::vector<ResizeMode> modes = {ResizeMode::nearest, ResizeMode::linear, ResizeMode::cubic};
const std::vector<GridPadding> paddings = {GridPadding::zeros, GridPadding::border, GridPadding::reflection};

/// Coordinates far outside, at the borders, and not finite, in both places of a position.
Tensor odd_grid()
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> values;
    for (const float odd : {-1.0f, 1.0f, 0.0f, -1e30f, 1e30f, 3.4e38f, infinity, -infinity, not_a_number, 2.5f, -7.25f})
    {
        for (const float plain : {0.25f, odd})
            values.insert(values.end(), {odd, plain, plain, odd});
    }
    const int64_t count = int64_t(values.size() / 2);
    return Tensor::from({1, 1, count, 2}, std::move(values));
}

} // namespace

TEST_CASE("grid_sample: samples planes and volumes in every mode, with every padding")
{
    const std::vector<std::vector<Tensor>> inputs_of_each = {
        {random({2, 3, 7, 9}), random({2, 5, 6, 2}, -2.5f, 2.5f)},
        {random({1, 21, 1, 4}), random({1, 1, 9, 2}, -2.5f, 2.5f)},
        {random({2, 5, 3, 4, 5}), random({2, 3, 2, 7, 3}, -2.5f, 2.5f)},
        {random({1, 4, 1, 3, 1}), random({1, 5, 1, 3, 3}, -2.5f, 2.5f)},
        {random({1, 6, 5, 3}), odd_grid()},
    };
    for (const auto& [inputs, mode, padding, align_corners] :
         pairwise<std::vector<Tensor>, ResizeMode, GridPadding, bool>(inputs_of_each, modes, paddings, {false, true}))
        check_op(GridSample{.mode = mode, .padding = padding, .align_corners = align_corners}, inputs, sampled);
}

TEST_CASE("grid_sample: a picture of many blocks, and NaN only where one is read")
{
    std::vector<float> values = random({1, 70, 12, 11}).to_floats();
    values[5] = std::numeric_limits<float>::quiet_NaN();
    values.back() = std::numeric_limits<float>::infinity();
    check_op(GridSample{}, {Tensor::from({1, 70, 12, 11}, values), random({1, 13, 9, 2}, -1.5f, 1.5f)}, sampled);
}

TEST_CASE("grid_sample: tensors larger than a binding are computed in shares")
{
    check_shares(GridSample{}, {random({3, 40, 7, 7}), random({3, 5, 6, 2}, -1.5f, 1.5f)}, 4096, sampled);
}

TEST_CASE("grid_sample: refuses what does not fit and says why")
{
    CHECK(refusal(GridSample{}, {random({1, 3, 4}), random({1, 3, 1})}).find("2 or 3 spatial axes") !=
          std::string::npos);
    CHECK(refusal(GridSample{}, {random({1, 3, 4, 5}), random({2, 3, 4, 2})}) ==
          "the grid must be floats with the rank and batch of x, 1x3x4x5, and 2 coordinates as last axis, got f32 "
          "2x3x4x2");
    CHECK(refusal(GridSample{}, {random({1, 3, 4, 5, 6}), random({1, 3, 4, 2})}) != "");
    CHECK(refusal(GridSample{}, {random({1, 3, 0, 5}), random({1, 3, 4, 2})}) ==
          "x has no pixels to sample, got 1x3x0x5");
}

} // namespace vkseg::test::grid_sample_test
