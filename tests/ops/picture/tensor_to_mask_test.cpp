#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::tensor_to_mask_test {
namespace {

// A probability that lies between two bytes may be rounded to either.
constexpr Check masks = {.outputs = 3, .byte_error = 1};

Tensor picture_of(int64_t height, int64_t width)
{
    return random_picture({height, width, 3});
}

PicturePlacement fixed(int64_t height, int64_t width, PictureFit fit = PictureFit::stretch)
{
    PicturePlacement placement;
    placement.fit = fit;
    placement.size = {height, width};
    return placement;
}

} // namespace

TEST_CASE("tensor_to_mask: finds the largest of any number of classes at the picture's size")
{
    for (const int64_t classes : {2, 3, 4, 5, 17, 21})
    {
        for (const MaskSource source : {MaskSource::logits, MaskSource::probabilities})
        {
            // Two classes give labels of 0 and 1: their soft mask and confidence tell one from another.
            const Tensor values =
                source == MaskSource::logits ? random({1, classes, 5, 7}, -6, 6) : random({1, classes, 5, 7}, 0, 1);
            check_op(TensorToMask{.placement = fixed(5, 7), .source = source}, {values, picture_of(11, 9)}, masks);
            check_op(TensorToMask{.placement = fixed(5, 7), .source = source, .soft_class = classes - 1},
                     {values, picture_of(3, 4)}, masks);
        }
    }
}

TEST_CASE("tensor_to_mask: one channel is a foreground with a threshold")
{
    for (const MaskSource source : {MaskSource::logits, MaskSource::probabilities})
    {
        const bool is_logits = source == MaskSource::logits;
        const Tensor values = random({1, 1, 6, 6}, is_logits ? -5.f : 0.f, is_logits ? 5.f : 1.f);
        for (const float threshold : {0.25f, 0.5f})
        {
            for (const int64_t soft_class : {-1, 0, 1})
                check_op(
                    TensorToMask{
                        .placement = fixed(12, 12), .source = source, .threshold = threshold, .soft_class = soft_class},
                    {values, picture_of(13, 5)}, masks);
        }
    }
}

TEST_CASE("tensor_to_mask: labels are taken from the nearest position")
{
    std::vector<float> labels;
    for (int i = 0; i < 35; ++i)
        labels.push_back(float(i * 7 % 256));
    const Tensor values = Tensor::from({1, 1, 5, 7}, labels);
    for (const int64_t soft_class : {-1, 14})
        check_op(TensorToMask{.placement = fixed(5, 7), .source = MaskSource::labels, .soft_class = soft_class},
                 {values, picture_of(12, 10)}, masks);
}

TEST_CASE("tensor_to_mask: reads only the part of a letterboxed tensor that holds the picture")
{
    const Tensor values = random({1, 3, 8, 8}, -4, 4);
    for (const PictureFit fit : {PictureFit::letterbox, PictureFit::letterbox_top_left})
    {
        for (const int64_t scale : {1, 4}) // the output may be coarser than the input
        {
            for (const Shape& picture : {Shape{3, 11}, Shape{11, 3}, Shape{40, 1}, Shape{1, 300}})
                check_op(TensorToMask{.placement = fixed(8 * scale, 8 * scale, fit)},
                         {values, picture_of(picture[0], picture[1])}, masks);
        }
        PicturePlacement in_eights;
        in_eights.fit = fit;
        in_eights.multiple_of = 8;
        check_op(TensorToMask{.placement = in_eights}, {values, picture_of(6, 8)}, masks);
    }
}

TEST_CASE("tensor_to_mask: works from one value and for one pixel")
{
    check_op(TensorToMask{.placement = fixed(1, 1)}, {random({1, 4, 1, 1}), picture_of(3, 3)}, masks);
    check_op(TensorToMask{.placement = fixed(9, 9)}, {random({1, 4, 9, 9}), picture_of(1, 1)}, masks);
}

TEST_CASE("tensor_to_mask: writes only the outputs that are asked for")
{
    check_op(TensorToMask{.placement = fixed(4, 4)}, {random({1, 5, 4, 4}), picture_of(6, 6)},
             {.outputs = 1, .byte_error = 1});
}

TEST_CASE("tensor_to_mask: refuses outputs that are no maps of classes")
{
    const Tensor picture = picture_of(4, 4);
    CHECK(refusal(TensorToMask{}, {random({1, 3, 4}), picture}) ==
          "the network's output must be floats of shape 1xCxHxW, got f32 1x3x4");
    CHECK(refusal(TensorToMask{}, {random({2, 3, 4, 4}), picture}) ==
          "the network's output must be floats of shape 1xCxHxW, got f32 2x3x4x4");
    CHECK(refusal(TensorToMask{}, {random({1, 257, 1, 1}), picture}) ==
          "expected at most 256 classes, as labels are bytes, got 257");
    CHECK(refusal(TensorToMask{.source = MaskSource::labels}, {random({1, 3, 4, 4}), picture}) ==
          "an output of labels must have one channel, got 3");
    CHECK(refusal(TensorToMask{.threshold = 1.5f}, {random({1, 1, 4, 4}), picture}) ==
          "threshold must be 0 to 1, got 1.500000");
    CHECK(refusal(TensorToMask{.soft_class = 3}, {random({1, 3, 4, 4}), picture}) ==
          "the class of the soft mask must be -1 to 2, got 3");
    CHECK(refusal(TensorToMask{}, {random({1, 3, 4, 4}), random({4, 4, 3})}) ==
          "expected a picture as u8 [height, width, 1, 3 or 4 channels], got f32 4x4x3");
}

} // namespace vkseg::test::tensor_to_mask_test
