#include "support/check_op.hpp"

#include "reference/evaluate.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::roi_pool_test {
namespace {

constexpr Check exact = {.is_exact = true};

Tensor random_boxes(int64_t count, float size, uint32_t seed = 1)
{
    return random({count, 4}, -0.3f * size, 1.3f * size, seed);
}

} // namespace

TEST_CASE("roi_pool: maxima of the bins of boxes")
{
    for (const int64_t channels : {1, 3, 4, 17})
    {
        for (const Integers& size : {Integers{1, 1}, Integers{2, 3}, Integers{7, 7}})
            check_op(RoiPool{.output_size = size}, {random({1, channels, 13, 9}), random_boxes(9, 11)}, exact);
    }
    check_op(RoiPool{}, {random({1, 1, 1, 1}), random_boxes(1, 1)}, exact);
    check_op(RoiPool{.output_size = {7, 7}, .scale = 0.25f}, {random({1, 256, 25, 34}), random_boxes(5, 100)}, exact);
    check_op(RoiPool{.output_size = {3, 3}, .scale = 0.5f}, {random({1, 5, 31, 37}), random_boxes(1000, 64)}, exact);
}

TEST_CASE("roi_pool: boxes of a batch name their entry; those outside choose the nearest")
{
    std::vector<float> boxes = random({7, 5}, 0, 12).to_floats();
    const std::vector<float> entries = {0, 2, 1, -1, -3, 8, -9};
    for (size_t r = 0; r < entries.size(); ++r)
        boxes[r * 5] = entries[r];
    check_op(RoiPool{.output_size = {2, 2}}, {random({3, 5, 11, 7}), Tensor::from({7, 5}, boxes)}, exact);
    check_op(RoiPool{.output_size = {2, 2}}, {random({1, 2, 11, 7}), Tensor::from({7, 5}, boxes)}, exact);
}

TEST_CASE("roi_pool: bins without pixels and boxes that are not finite give 0")
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> corners = {
        3,      4,      3,        4,            // one pixel
        2.5f,   3.5f,   3.5f,     4.5f,         // corners between two pixels
        -1.5f,  -0.5f,  1.5f,     0.5f,         //
        8,      6,      2,        1,            // inverted
        -20,    -20,    40,       40,           // around the map
        -9,     -9,     -3,       -4,           // beside it
        20,     2,      30,       5,            //
        2,      2,      2,        not_a_number, //
        2,      2,      infinity, 3,            //
        -60000, -60000, 60000,    60000,        // large
        2,      2,      1e9f,     3,            // too large
        -3e38f, -3e38f, 3e38f,    3e38f,
    };
    const Tensor boxes = Tensor::from({int64_t(corners.size() / 4), 4}, corners);
    for (const int64_t bins : {1, 3, 7})
        check_op(RoiPool{.output_size = {bins, bins}}, {random({1, 5, 13, 9}, -2, -1), boxes}, exact);
}

TEST_CASE("roi_pool: a bin may have as many pixels as the map")
{
    for (const int64_t extent : {190, 370})
        check_op(RoiPool{}, {random({1, 2, extent, extent}), Tensor::from({2, 4}, {1, 2, 600, 600, -9, -9, 380, 390})},
                 exact);
}

TEST_CASE("roi_pool: NaN is the maximum of each bin that has one")
{
    std::vector<float> values = random({1, 5, 7, 9}).to_floats();
    values[30] = std::numeric_limits<float>::quiet_NaN();
    values[200] = std::numeric_limits<float>::quiet_NaN();
    check_op(RoiPool{.output_size = {3, 4}}, {Tensor::from({1, 5, 7, 9}, values), random_boxes(9, 8)}, exact);
}

TEST_CASE("roi_pool: gives torchvision's values")
{
    std::vector<float> ramp;
    for (int i = 0; i < 30; ++i)
        ramp.push_back(float(i * i % 17));
    const Tensor x = Tensor::from({1, 1, 5, 6}, ramp);
    const Tensor boxes = Tensor::from({3, 4}, {1, 0.5f, 8.5f, 9, -3, 2, 4.5f, 5, 7, 7, 20, 8});
    const Tensor* const inputs[] = {&x, &boxes};
    const RoiPool op = {.output_size = {2, 3}, .scale = 0.5f};
    const auto outputs = reference::evaluate(op, inputs);
    REQUIRE(outputs.is_ok());
    const std::vector<float> values = {16, 13, 16, 13, 16, 16, 0, 16, 16, 0, 16, 16, 8, 0, 0, 8, 0, 0};
    CHECK((*outputs)[0].to_floats() == values);
    check_op(op, {x, boxes}, exact);
}

TEST_CASE("roi_pool: tensors larger than a binding are computed in shares of boxes, batch entries and blocks")
{
    std::vector<float> boxes = random({50, 5}, 0, 9).to_floats();
    for (size_t r = 0; r < 50; ++r)
        boxes[r * 5] = float(r % 3);
    check_shares(RoiPool{.output_size = {2, 2}}, {random({3, 40, 7, 7}), Tensor::from({50, 5}, boxes)}, 4096, exact);
}

TEST_CASE("roi_pool: refuses what does not fit and says why")
{
    const Tensor x = random({2, 3, 4, 4});
    CHECK(refusal(RoiPool{}, {x, random({2, 4})}) == "boxes must be floats of shape Rx5, got f32 2x4");
    CHECK(refusal(RoiPool{}, {random({1, 3, 4, 4}), random({2, 3})}) ==
          "boxes must be floats of shape Rx5, got f32 2x3");
    CHECK(refusal(RoiPool{}, {random({1, 3, 4}), random({2, 4})}) ==
          "a feature map must be floats of shape NxCxHxW, got f32 1x3x4");
    CHECK(refusal(RoiPool{.output_size = {7}}, {x, random({2, 5})}) ==
          "the output must have a height and a width from 1 to 32767, got 7");
    CHECK(refusal(RoiPool{.scale = 0}, {x, random({2, 5})}) == "the scale must be above 0, got 0.000000");
}

} // namespace vkseg::test::roi_pool_test
