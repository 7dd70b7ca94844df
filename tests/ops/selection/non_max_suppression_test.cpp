#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::non_max_suppression_test {
namespace {

constexpr Check exact = {.outputs = 2, .is_exact = true};
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Pairs of opposite corners, in any order.
Tensor corners(int64_t batch, int64_t count)
{
    std::vector<float> boxes = random({batch, count, 4}, 0, 60).to_floats();
    for (size_t i = 0; i < boxes.size(); i += 4)
    {
        boxes[i + 2] = boxes[i] + (boxes[i + 2] - 30) * 0.75f;
        boxes[i + 3] = boxes[i + 1] + (boxes[i + 3] - 30) * 0.75f;
    }
    return Tensor::from({batch, count, 4}, std::move(boxes));
}

Tensor number(float value)
{
    return Tensor::from({1}, {value});
}

} // namespace

TEST_CASE("non_max_suppression: goes through every batch entry and class on its own")
{
    for (const auto& [batch, classes, count] :
         {std::array<int64_t, 3>{1, 1, 1}, {1, 1, 2}, {2, 3, 17}, {3, 1, 65}, {1, 80, 100}, {2, 5, 1100}})
    {
        const std::vector<Tensor> inputs = {corners(batch, count), random({batch, classes, count}, 0, 1)};
        for (const int64_t max_outputs : {1, 3, 70, 5000})
            check_op(NonMaxSuppression{.max_outputs = max_outputs, .iou_threshold = 0.5f}, inputs, exact);
        check_op(NonMaxSuppression{.max_outputs = 10, .iou_threshold = 0.2f, .score_threshold = 0.7f}, inputs, exact);
    }
}

TEST_CASE("non_max_suppression: of boxes given by their centres")
{
    const Tensor boxes = random({2, 300, 4}, 1, 30);
    const NonMaxSuppression op = {.has_centers = true, .max_outputs = 300, .iou_threshold = 0.4f};
    check_op(op, {boxes, random({2, 2, 300}, 0, 1)}, exact);
    check_op(op, {random({1, 50, 4}, -10, 10), random({1, 1, 50}, 0, 1)}, exact); // some of negative size
}

TEST_CASE("non_max_suppression: takes its parameters as inputs")
{
    const Tensor boxes = corners(1, 40);
    const Tensor scores = random({1, 2, 40}, 0, 1);
    check_op(NonMaxSuppression{}, {boxes, scores, ints({6}), number(0.3f), number(0.4f)}, exact);
    check_op(NonMaxSuppression{}, {boxes, scores, Tensor::from_integers({}, {6})}, exact);
    check_op(NonMaxSuppression{}, {boxes, scores, ints({6}), missing(), number(0.4f)}, exact);
}

TEST_CASE("non_max_suppression: some classes, or all, select nothing")
{
    std::vector<float> scores = random({2, 7, 90}, 0, 0.5f).to_floats();
    for (const size_t row : {1, 2, 6, 7, 11})
        std::fill_n(scores.begin() + std::ptrdiff_t(row * 90), 90, row % 2 == 0 ? nan : 0.25f);
    for (size_t i = 0; i < scores.size(); i += 11)
        scores[i] = nan;
    const std::vector<Tensor> inputs = {corners(2, 90), Tensor::from({2, 7, 90}, scores)};
    for (const float threshold : {0.25f, 0.4f, 1.0f})
        check_op(NonMaxSuppression{.max_outputs = 20, .iou_threshold = 0.5f, .score_threshold = threshold}, inputs,
                 exact);
    check_op(NonMaxSuppression{.max_outputs = 20, .iou_threshold = 0.5f}, inputs, exact);
}

TEST_CASE("non_max_suppression: selects nothing if there is nothing to select, or no output is wanted")
{
    check_op(NonMaxSuppression{}, {corners(1, 40), random({1, 2, 40})}, exact);
    check_op(NonMaxSuppression{.max_outputs = 5}, {random({1, 0, 4}), random({1, 2, 0})}, exact);
    check_op(NonMaxSuppression{}, {random({1, 0, 4}), random({1, 2, 0}), ints({5}), number(0), number(-1)}, exact);
    check_op(NonMaxSuppression{.max_outputs = 5}, {random({2, 3, 4}), random({2, 0, 3})}, exact);
}

TEST_CASE("non_max_suppression: refuses what does not fit and says why")
{
    const Tensor boxes = random({2, 5, 4});
    const Tensor scores = random({2, 3, 5});
    CHECK(refusal(NonMaxSuppression{}, {random({5, 4}), scores}) ==
          "boxes must be floats of shape Nxboxesx4, got f32 5x4");
    CHECK(refusal(NonMaxSuppression{}, {boxes, random({2, 3, 4})}) ==
          "scores must be floats of shape 2xclassesx5, got f32 2x3x4");
    CHECK(refusal(NonMaxSuppression{}, {boxes, random({1, 3, 5})}) != "");
    CHECK(refusal(NonMaxSuppression{}, {boxes, scores, ints({-1})}).find("at least 0") != std::string::npos);
    CHECK(refusal(NonMaxSuppression{}, {boxes, scores, ints({1, 2})}).find("one integer") != std::string::npos);
    CHECK(refusal(NonMaxSuppression{}, {boxes, scores, ints({1}), number(2)}).find("from 0 to 1") != std::string::npos);
    CHECK(refusal(NonMaxSuppression{}, {boxes, scores, ints({1}), ints({0})}) ==
          "iou_threshold must be one float, got i64 1");
    CHECK(refusal(NonMaxSuppression{}, {boxes, scores, ints({1}), number(0), number(nan)}).find("score_threshold") !=
          std::string::npos);
    CHECK(refusal(NonMaxSuppression{}, {boxes}) == "input 1 is missing");
}

} // namespace vkseg::test::non_max_suppression_test
