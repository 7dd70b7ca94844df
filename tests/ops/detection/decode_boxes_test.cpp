#include "support/check_op.hpp"

#include "reference/evaluate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace vkseg::test::decode_boxes_test {
namespace {

/// Boxes of 1 to 100 pixels within 300.
Tensor random_boxes(int64_t count)
{
    std::vector<float> corners = random({count, 4}, 0, 200).to_floats();
    for (size_t i = 0; i < corners.size(); i += 4)
    {
        corners[i + 2] = corners[i] + 1 + corners[i + 2] / 2;
        corners[i + 3] = corners[i + 1] + 1 + corners[i + 3] / 2;
    }
    return Tensor::from({count, 4}, std::move(corners));
}

} // namespace

TEST_CASE("decode boxes: moves and scales reference boxes")
{
    const Check check = {.terms = 4, .function_error = 16};
    for (const int64_t count : {1, 2, 7, 1000})
    {
        const Tensor boxes = random_boxes(count);
        check_op(DecodeBoxes{}, {boxes, random({count, 4})}, check);
        check_op(DecodeBoxes{.weights = {10, 10, 5, 5}, .size = {120, 150}}, {boxes, random({count, 4})}, check);
        check_op(DecodeBoxes{.weights = {10, 10, 5, 5}}, {boxes, random({count, 364}), ints({97, 211})}, check);
        check_op(DecodeBoxes{.max_log_scale = 0.5f}, {boxes, random({count, 8}, -2, 2)}, check);
    }
}

TEST_CASE("decode boxes: as torchvision's BoxCoder does")
{
    // BoxCoder((10.0, 10.0, 5.0, 5.0)).decode, then clip_boxes_to_image to 60 × 50
    const Tensor boxes = Tensor::from({2, 4}, {10, 20, 30, 60, 5, 5, 6, 8});
    const Tensor deltas = Tensor::from({2, 4}, {1, -1, 0.5f, 0.25f, 0, 0, 100, -100});
    const DecodeBoxes op = {.weights = {10, 10, 5, 5}, .size = {60, 50}};
    const Tensor* const inputs[] = {&boxes, &deltas};
    const Result<reference::Tensors> decoded = reference::evaluate(op, inputs);
    REQUIRE(decoded.is_ok());
    const std::vector<float> values = (*decoded)[0].to_floats();
    const std::vector<float> expected = {10.948290f, 14.974579f, 33.051712f, 57.025421f, 0, 6.5f, 36.75f, 6.5f};
    for (size_t i = 0; i < 8; ++i)
        CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("decode boxes: with inclusive corners, moves and scales boxes of whole pixels")
{
    const Check check = {.terms = 4, .function_error = 16};
    for (const int64_t count : {1, 7, 1000})
    {
        const Tensor boxes = random_boxes(count);
        const Tensor deltas = random({count, 4});
        check_op(DecodeBoxes{.has_inclusive_corners = true}, {boxes, deltas}, check);
        check_op(DecodeBoxes{.weights = {10, 10, 5, 5}, .size = {120, 150}, .has_inclusive_corners = true},
                 {boxes, deltas}, check);
    }
}

TEST_CASE("decode boxes: with inclusive corners, as py-faster-rcnn does")
{
    // bbox_transform_inv, then clip_boxes to 60 × 50
    const Tensor boxes = Tensor::from({2, 4}, {10, 20, 29, 59, 5, 5, 5, 7});
    const Tensor deltas = Tensor::from({2, 4}, {0.1f, -0.1f, 0, 0.5f, 0, 0, 4, 4});
    const DecodeBoxes op = {.size = {60, 50}, .has_inclusive_corners = true};
    const Tensor* const inputs[] = {&boxes, &deltas};
    const Result<reference::Tensors> decoded = reference::evaluate(op, inputs);
    REQUIRE(decoded.is_ok());
    const std::vector<float> values = (*decoded)[0].to_floats();
    const std::vector<float> expected = {12, 3.0255747f, 32, 59, 0, 0, 32.799075f, 59};
    for (size_t i = 0; i < 8; ++i)
        CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("decode boxes: NaN stays NaN, and infinite boxes are clipped")
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const Tensor boxes = Tensor::from({3, 4}, {0, 0, 8, 8, nan, 0, 4, 4, 1, 1, 2, 2});
    const Tensor deltas = Tensor::from({3, 4}, {0, 0, nan, 0, 0, 0, 0, 0, infinity, -infinity, 0, 0});
    check_op(DecodeBoxes{.size = {16, 16}}, {boxes, deltas});
    check_op(DecodeBoxes{}, {boxes, deltas});
}

TEST_CASE("decode boxes: refuses what does not fit and says why")
{
    const Tensor boxes = random({3, 4});
    CHECK(refusal(DecodeBoxes{}, {random({3, 5}), random({3, 4})}).find("[N,4], got 3x5") != std::string::npos);
    CHECK(refusal(DecodeBoxes{}, {boxes, random({4, 4})}).find("each of 3 boxes, got 4x4") != std::string::npos);
    CHECK(refusal(DecodeBoxes{}, {boxes, random({3, 6})}).find("four values for each class") != std::string::npos);
    CHECK(refusal(DecodeBoxes{.weights = {1, 2}}, {boxes, boxes}).find("four divisors, got 2") != std::string::npos);
    CHECK(refusal(DecodeBoxes{.weights = {1, 1, 0, 1}}, {boxes, boxes}).find("not 0") != std::string::npos);
    CHECK(refusal(DecodeBoxes{.size = {4}}, {boxes, boxes}).find("a height and a width") != std::string::npos);
    CHECK(refusal(DecodeBoxes{}, {random_integers({3, 4}, 0, 9), boxes}).find("floats") != std::string::npos);
}

} // namespace vkseg::test::decode_boxes_test
