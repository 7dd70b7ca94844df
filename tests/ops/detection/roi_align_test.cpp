#include "support/check_op.hpp"

#include "reference/evaluate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace vkseg::test::roi_align_test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// Positions are rounded at coordinates of up to some hundred pixels.
constexpr Check sampled = {.terms = 4096};

/// Boxes with random corners in a picture and around it; some are inverted.
Tensor random_boxes(int64_t count, float size, uint32_t seed = 1)
{
    return random({count, 4}, -0.3f * size, 1.3f * size, seed);
}

/// Boxes in random places, most of them inside the picture, with sides of up to half of it.
Tensor usual_boxes(int64_t count, float size, uint32_t seed = 1)
{
    const std::vector<float> numbers = random({count, 4}, 0, 1, seed).to_floats();
    std::vector<float> corners;
    for (size_t r = 0; r < size_t(count); ++r)
    {
        const float x = numbers[r * 4] * 0.7f * size;
        const float y = numbers[r * 4 + 1] * 0.7f * size;
        for (const float corner : {x, y, x + numbers[r * 4 + 2] * 0.5f * size, y + numbers[r * 4 + 3] * 0.5f * size})
            corners.push_back(corner);
    }
    return Tensor::from({count, 4}, std::move(corners));
}

/// Boxes without an extent, around a whole map of 13 × 9, beside it, not finite, or too large.
Tensor odd_boxes()
{
    const std::vector<float> corners = {
        3,      4,      3,         4,            // no extent
        3,      4,      3,         8,            // no width
        8,      6,      2,         1,            // inverted
        8,      1,      2,         6,            // inverted in x
        -20,    -20,    40,        40,           // around the map
        -7.25f, -9.5f,  -2.125f,   -3,           // beside it
        14.5f,  2,      30,        5,            //
        -0.75f, -0.75f, 9.75f,     13.75f,       // a part outside
        2,      2,      2,         not_a_number, //
        2,      2,      infinity,  3,            //
        2,      2,      30000,     3,            // long
        2,      2,      60000,     60000,        //
        -60000, -60000, 60000,     60000,        //
        2,      2,      1e9f,      3,            // too large
        -3e38f, -3e38f, 3e38f,     3e38f,        //
        -3e38f, 1,      -infinity, 5,
    };
    return Tensor::from({int64_t(corners.size() / 4), 4}, corners);
}

/// The reference's values.
std::vector<float> expected(const Op& op, const std::vector<Tensor>& inputs)
{
    std::vector<const Tensor*> pointers;
    for (const Tensor& tensor : inputs)
        pointers.push_back(&tensor);
    const auto outputs = reference::evaluate(op, pointers);
    REQUIRE(outputs.is_ok());
    return (*outputs)[0].to_floats();
}

} // namespace

TEST_CASE("roi_align: samples boxes of any number of channels, bins and samples")
{
    for (const int64_t channels : {1, 3, 4, 17})
    {
        for (const int64_t ratio : {0, 1, 2, 3})
        {
            check_op(RoiAlign{.output_size = {3, 5}, .sampling_ratio = ratio},
                     {random({1, channels, 13, 9}), random_boxes(7, 11)}, sampled);
        }
    }
    check_op(RoiAlign{}, {random({1, 1, 1, 1}), random_boxes(1, 1)}, sampled);
    check_op(RoiAlign{.output_size = {7, 7}, .scales = {0.25f}, .sampling_ratio = 2},
             {random({1, 256, 25, 34}), usual_boxes(11, 100)}, sampled);
    for (const int64_t ratio : {4, 5, 9})
        check_op(RoiAlign{.output_size = {2, 1}, .sampling_ratio = ratio}, {random({1, 2, 13, 9}), random_boxes(5, 11)},
                 sampled);
}

TEST_CASE("roi_align: boxes may be moved by half a pixel, or be at least a pixel large")
{
    for (const bool is_aligned : {false, true})
    {
        for (const int64_t ratio : {0, 2})
            check_op(RoiAlign{.output_size = {2, 3}, .sampling_ratio = ratio, .is_aligned = is_aligned},
                     {random({1, 5, 13, 9}), odd_boxes()}, sampled);
    }
}

TEST_CASE("roi_align: the largest weighted neighbour, which samples outside of the map take for 0")
{
    for (const int64_t ratio : {0, 2, 5})
    {
        // Of negative values the largest is 0 only if a sample is outside.
        check_op(RoiAlign{.is_max = true, .output_size = {3, 2}, .sampling_ratio = ratio},
                 {random({1, 6, 13, 9}, -2, -1), odd_boxes()}, sampled);
        check_op(RoiAlign{.is_max = true, .output_size = {5, 5}, .sampling_ratio = ratio, .is_aligned = false},
                 {random({1, 3, 13, 9}), random_boxes(9, 11)}, sampled);
    }
}

TEST_CASE("roi_align: batch indices choose the batch entry; those outside choose the nearest")
{
    const Tensor indices = ints({0, 2, 1, -1, -3, 7, -9, 2});
    for (const int64_t ratio : {0, 2})
        check_op(RoiAlign{.output_size = {2, 2}, .sampling_ratio = ratio, .has_batch_indices = true},
                 {random({3, 5, 7, 11}), random_boxes(8, 9), indices}, sampled);
}

TEST_CASE("roi_align: a thousand boxes")
{
    check_op(RoiAlign{.output_size = {7, 7}, .scales = {0.5f}, .sampling_ratio = 2},
             {random({1, 8, 31, 37}), usual_boxes(1000, 64)}, sampled);
}

TEST_CASE("roi_align: a bin may have as many samples as a map has pixels")
{
    // Kernels compute two, or four, samples in a turn of their loops.
    for (const int64_t extent : {190, 370})
        check_op(RoiAlign{}, {random({1, 2, extent, extent}), Tensor::from({2, 4}, {1, 2, 600, 600, -9, -9, 380, 390})},
                 {.terms = double(extent * extent)});
}

TEST_CASE("roi_align: NaN is the result of each bin that reads one")
{
    std::vector<float> values = random({1, 5, 7, 9}).to_floats();
    values[30] = not_a_number;
    values[200] = not_a_number;
    for (const bool is_max : {false, true})
        check_op(RoiAlign{.is_max = is_max, .output_size = {3, 4}, .sampling_ratio = 2},
                 {Tensor::from({1, 5, 7, 9}, values), random_boxes(9, 8)}, sampled);
}

TEST_CASE("roi_align: each box is read from the level of its size")
{
    for (const size_t levels : {2, 3, 4})
    {
        RoiAlign op = {.output_size = {3, 3}, .scales = {}, .sampling_ratio = 2, .is_aligned = false};
        std::vector<Tensor> inputs;
        for (size_t level = 0; level < levels; ++level)
        {
            op.scales.push_back(std::ldexp(1.0f, -2 - int(level)));
            // Levels differ in their values.
            const auto low = float(4 * level);
            inputs.push_back(random({1, 5, 128 >> level, 96 >> level}, low, low + 1));
        }
        for (const bool is_odd : {false, true})
        {
            std::vector<Tensor> all = inputs;
            all.push_back(is_odd ? odd_boxes() : usual_boxes(40, 1000));
            check_op(op, all, sampled);
        }
    }
}

TEST_CASE("roi_align: the levels of a pyramid begin at areas of 112, 224 and 448 pixels squared")
{
    RoiAlign op = {.scales = {0.25f, 0.125f, 0.0625f, 0.03125f}, .sampling_ratio = 1};
    std::vector<Tensor> inputs;
    for (int64_t level = 0; level < 4; ++level)
        inputs.push_back(Tensor::from({1, 1, 1, 1}, {float(level)}));
    std::vector<float> boxes;
    std::vector<float> levels;
    for (const auto& [side, level] : std::initializer_list<std::pair<float, float>>{
             {111.5f, 0}, {112, 1}, {223.5f, 1}, {224, 2}, {447.5f, 2}, {448, 3}, {2000, 3}, {1, 0}, {0, 0}})
    {
        // The centre of the only sample lies in the only pixel.
        boxes.insert(boxes.end(), {-side / 2, -side / 2, side / 2, side / 2});
        levels.push_back(level);
    }
    inputs.push_back(Tensor::from({int64_t(levels.size()), 4}, boxes));
    CHECK(expected(op, inputs) == levels);
    check_op(op, inputs);
}

TEST_CASE("roi_align: gives torchvision's values")
{
    std::vector<float> ramp;
    for (int i = 0; i < 30; ++i)
        ramp.push_back(float(i * i % 17));
    const std::vector<Tensor> inputs = {Tensor::from({1, 1, 5, 6}, ramp), Tensor::from({1, 4}, {1, 0.5f, 8.5f, 9})};
    struct Case
    {
        bool is_aligned;
        int64_t ratio;
        std::vector<float> values;
    };
    const Case cases[] = {
        {true, 2, {7.845458984375f, 10.12109375f, 8.845947265625f, 10.378662109375f}},
        {true, 0, {7.830729f, 10.098524f, 8.510851f, 10.5204f}},
        {false, 2, {12.126708984375f, 9.05859375f, 9.822509765625f, 10.659912109375f}},
    };
    for (const Case& given : cases)
    {
        const RoiAlign op = {
            .output_size = {2, 2}, .scales = {0.5f}, .sampling_ratio = given.ratio, .is_aligned = given.is_aligned};
        const std::vector<float> values = expected(op, inputs);
        REQUIRE(values.size() == given.values.size());
        for (size_t i = 0; i < values.size(); ++i)
            CHECK(values[i] == doctest::Approx(given.values[i]));
        check_op(op, inputs, sampled);
    }
}

TEST_CASE("roi_align: tensors larger than a binding are computed in shares of boxes, batch entries and blocks")
{
    // Windows of x hold four of ten blocks, those of y six of fifty boxes.
    const Tensor x = random({3, 40, 7, 7});
    const Tensor indices = random_integers({50}, 0, 2);
    check_shares(RoiAlign{.output_size = {2, 2}, .sampling_ratio = 2, .has_batch_indices = true},
                 {x, usual_boxes(50, 7), indices}, 4096, sampled);
    check_shares(RoiAlign{.output_size = {2, 2}, .scales = {1, 0.5f}, .canonical_size = 16, .has_batch_indices = true},
                 {x, random({3, 40, 4, 5}), usual_boxes(50, 7), indices}, 4096, sampled);
}

TEST_CASE("roi_align: refuses what does not fit and says why")
{
    const Tensor x = random({1, 3, 4, 4});
    const Tensor boxes = random({2, 4});
    CHECK(refusal(RoiAlign{}, {random({3, 4, 4}), boxes}) ==
          "a feature map must be floats of shape NxCxHxW, got f32 3x4x4");
    CHECK(refusal(RoiAlign{}, {random({1, 3, 0, 4}), boxes}) == "a feature map must have pixels, got 1x3x0x4");
    CHECK(refusal(RoiAlign{}, {x, random({2, 5})}) == "boxes must be floats of shape Rx4, got f32 2x5");
    CHECK(refusal(RoiAlign{}, {random({2, 3, 4, 4}), boxes}) ==
          "boxes without batch indices need a batch of 1, got feature maps 2x3x4x4");
    CHECK(refusal(RoiAlign{.has_batch_indices = true}, {x, boxes, ints({0})}) ==
          "batch indices must be integers of shape 2, got i64 1");
    CHECK(refusal(RoiAlign{.has_batch_indices = true}, {x, boxes}) == "input 2 is missing");
    CHECK(refusal(RoiAlign{.output_size = {0, 7}}, {x, boxes}) ==
          "the output must have a height and a width from 1 to 32767, got 0 x 7");
    CHECK(refusal(RoiAlign{.scales = {}}, {x, boxes}) == "expected the scale of at least one feature map, got none");
    CHECK(refusal(RoiAlign{.scales = {-1}}, {x, boxes}) == "scales must be above 0, got -1.000000");
    CHECK(refusal(RoiAlign{.scales = {1, 2}}, {x, x, boxes}) ==
          "scales must halve from level to level, got 1.000000 before 2.000000");
    CHECK(refusal(RoiAlign{.scales = {1, 0.5f}}, {x, random({1, 4, 2, 2}), boxes}) ==
          "feature maps must agree in type, batch and channels, got 1x3x4x4 and 1x4x2x2");
    CHECK(refusal(RoiAlign{.scales = {1, 0.5f}, .canonical_size = 0}, {x, x, boxes}) ==
          "the canonical size must be above 0 and the canonical level finite, got 0.000000 and 4.000000");
    CHECK(refusal(RoiAlign{.sampling_ratio = -1}, {x, boxes}) == "sampling_ratio must be from 0 to 4096, got -1");
}

} // namespace vkseg::test::roi_align_test
