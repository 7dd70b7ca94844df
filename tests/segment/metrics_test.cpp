#include "vkseg/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::metrics_test {
namespace {

using Labels = std::vector<uint8_t>;

bool contains(const Status& status, const std::string& text)
{
    return status.message().find(text) != std::string::npos;
}

/// Rows are the truth: 0 is mostly right, 1 is taken for 0 and 2, 2 is right but given to others as well.
///      3 1 0
///      1 2 2
///      0 0 1
ConfusionMatrix three_classes()
{
    ConfusionMatrix matrix(3);
    CHECK(matrix.add(Labels{0, 0, 0, 1, 0, 1}, Labels{0, 0, 0, 0, 1, 1}).is_ok());
    CHECK(matrix.add(Labels{1, 2, 2, 2}, Labels{1, 1, 1, 2}).is_ok());
    return matrix;
}

} // namespace

TEST_CASE("metrics: pixels are counted by their truth and their label, over all pictures")
{
    const ConfusionMatrix matrix = three_classes();
    const uint64_t expected[3][3] = {{3, 1, 0}, {1, 2, 2}, {0, 0, 1}};
    for (size_t i = 0; i < 3; ++i)
    {
        for (size_t j = 0; j < 3; ++j)
            CHECK(matrix.count(i, j) == expected[i][j]);
    }
    CHECK(matrix.pixels() == 10);
    CHECK(matrix.classes() == 3);
}

TEST_CASE("metrics: three classes, worked out by hand")
{
    const ConfusionMatrix matrix = three_classes();
    const ClassMetrics first = matrix.of_class(0);
    CHECK(first.truth_pixels == 4);
    CHECK(first.labelled_pixels == 4);
    CHECK(first.iou == doctest::Approx(3.0 / 5));
    CHECK(first.accuracy == doctest::Approx(3.0 / 4));
    CHECK(first.dice == doctest::Approx(6.0 / 8));
    const ClassMetrics second = matrix.of_class(1);
    CHECK(second.truth_pixels == 5);
    CHECK(second.labelled_pixels == 3);
    CHECK(second.iou == doctest::Approx(2.0 / 6));
    CHECK(second.accuracy == doctest::Approx(2.0 / 5));
    CHECK(second.dice == doctest::Approx(4.0 / 8));
    const ClassMetrics third = matrix.of_class(2);
    CHECK(third.iou == doctest::Approx(1.0 / 3));
    CHECK(third.accuracy == doctest::Approx(1));
    CHECK(third.dice == doctest::Approx(2.0 / 4));

    const SegmentationMetrics all = matrix.metrics();
    CHECK(all.pixel_accuracy == doctest::Approx(6.0 / 10));
    CHECK(all.mean_accuracy == doctest::Approx((0.75 + 0.4 + 1) / 3));
    CHECK(all.mean_iou == doctest::Approx((0.6 + 1.0 / 3 + 1.0 / 3) / 3));
    CHECK(all.frequency_weighted_iou == doctest::Approx((4 * 0.6 + 5 / 3.0 + 1 / 3.0) / 10));
    CHECK(all.mean_dice == doctest::Approx((0.75 + 0.5 + 0.5) / 3));
}

TEST_CASE("metrics: a perfect segmentation has 1 everywhere")
{
    ConfusionMatrix matrix(4);
    const Labels labels = {0, 1, 2, 3, 3, 2, 1};
    REQUIRE(matrix.add(labels, labels).is_ok());
    const SegmentationMetrics all = matrix.metrics();
    for (const double value :
         {all.pixel_accuracy, all.mean_accuracy, all.mean_iou, all.frequency_weighted_iou, all.mean_dice})
        CHECK(value == 1);
}

TEST_CASE("metrics: classes that are nowhere leave the means, those that are given wrongly count as 0")
{
    ConfusionMatrix matrix(4); // 3 is nowhere, 2 is given but never true
    REQUIRE(matrix.add(Labels{0, 0, 1, 2}, Labels{0, 0, 1, 1}).is_ok());
    CHECK(std::isnan(matrix.of_class(3).iou));
    CHECK(std::isnan(matrix.of_class(3).accuracy));
    CHECK(std::isnan(matrix.of_class(3).dice));
    CHECK(matrix.of_class(2).iou == 0);
    CHECK(matrix.of_class(2).dice == 0);
    CHECK(std::isnan(matrix.of_class(2).accuracy));
    const SegmentationMetrics all = matrix.metrics();
    CHECK(all.mean_iou == doctest::Approx((1 + 0.5 + 0) / 3));
    CHECK(all.mean_dice == doctest::Approx((1 + 2.0 / 3 + 0) / 3));
    CHECK(all.mean_accuracy == doctest::Approx((1 + 0.5) / 2));
    CHECK(all.frequency_weighted_iou == doctest::Approx((2 * 1 + 2 * 0.5) / 4));
}

TEST_CASE("metrics: pixels without truth are left out, whatever label they were given")
{
    ConfusionMatrix matrix(2);
    REQUIRE(matrix.add(Labels{0, 1, 200, 1}, Labels{0, 255, 255, 1}, 255).is_ok());
    CHECK(matrix.pixels() == 2);
    CHECK(matrix.metrics().pixel_accuracy == 1);
    ConfusionMatrix first_ignored(2);
    REQUIRE(first_ignored.add(Labels{0, 0, 1}, Labels{0, 1, 1}, 0).is_ok());
    CHECK(first_ignored.count(0, 0) == 0);
    CHECK(first_ignored.count(1, 0) == 1);
}

TEST_CASE("metrics: without pixels there are no figures")
{
    ConfusionMatrix matrix(2);
    REQUIRE(matrix.add({}, {}).is_ok());
    const SegmentationMetrics all = matrix.metrics();
    for (const double value :
         {all.pixel_accuracy, all.mean_accuracy, all.mean_iou, all.frequency_weighted_iou, all.mean_dice})
        CHECK(std::isnan(value));
}

TEST_CASE("metrics: what does not fit is refused, and nothing of it is counted")
{
    ConfusionMatrix matrix(2);
    CHECK(contains(matrix.add(Labels{0, 1}, Labels{0}), "expected labels for 1 pixels, got 2"));
    CHECK(contains(matrix.add(Labels{0, 2}, Labels{0, 1}), "label of pixel 1: expected a class below 2, got 2"));
    CHECK(contains(matrix.add(Labels{0, 1}, Labels{0, 255}), "truth of pixel 1: expected a class below 2, got 255"));
    CHECK(matrix.pixels() == 0);
}

TEST_CASE("metrics: as many classes as labels have values")
{
    ConfusionMatrix matrix(ConfusionMatrix::max_classes);
    REQUIRE(matrix.add(Labels{255, 0}, Labels{255, 255}).is_ok());
    CHECK(matrix.count(255, 255) == 1);
    CHECK(matrix.of_class(255).iou == 0.5);
}

} // namespace vkseg::metrics_test
