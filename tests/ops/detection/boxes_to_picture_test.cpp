#include "support/check_op.hpp"

#include "reference/evaluate.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::boxes_to_picture_test {

TEST_CASE("boxes to picture: scales, moves and clips boxes")
{
    for (const PictureFit fit : {PictureFit::stretch, PictureFit::letterbox, PictureFit::letterbox_top_left})
    {
        const BoxesToPicture op = {.placement = {.fit = fit, .size = {96, 128}}};
        for (const int64_t count : {1, 7, 300})
        {
            for (const Shape& picture : {Shape{480, 640, 3}, Shape{31, 700, 4}, Shape{97, 3, 1}})
            {
                check_op(op, {random({count, 4}, -20, 150), random_picture(picture)});
                check_op(BoxesToPicture{.placement = op.placement, .clips = false},
                         {random({count, 4}, -20, 150), random_picture(picture)});
            }
        }
    }
}

TEST_CASE("boxes to picture: corners of a letterboxed picture")
{
    // 200 × 100 pixels fill 64 × 32 of the input, from row 16 on.
    const BoxesToPicture op = {.placement = {.fit = PictureFit::letterbox, .size = {64, 64}}};
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Tensor boxes = Tensor::from({3, 4}, {0, 16, 64, 48, 32, 24, 40, 100, nan, 0, 5, 5});
    const Tensor picture = random_picture({100, 200, 3});
    const Tensor* const inputs[] = {&boxes, &picture};
    const Result<reference::Tensors> moved = reference::evaluate(op, inputs);
    REQUIRE(moved.is_ok());
    const std::vector<float> values = (*moved)[0].to_floats();
    const std::vector<float> expected = {0, 0, 200, 100, 100, 25, 125, 100};
    CHECK(std::vector<float>(values.begin(), values.begin() + 8) == expected);
    check_op(op, {boxes, picture});
}

TEST_CASE("boxes to picture: refuses what does not fit and says why")
{
    const BoxesToPicture op = {.placement = {.size = {64, 64}}};
    CHECK(refusal(op, {random({3, 5}), random_picture({4, 4, 3})}).find("shape Rx4, got f32 3x5") != std::string::npos);
    CHECK_FALSE(refusal(op, {random({3, 4}), random({4, 4, 3})}).empty());
}

} // namespace vkseg::test::boxes_to_picture_test
