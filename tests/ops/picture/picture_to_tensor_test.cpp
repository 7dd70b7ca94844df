#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::picture_to_tensor_test {
namespace {

PicturePlacement fixed(int64_t height, int64_t width, PictureFit fit = PictureFit::stretch)
{
    PicturePlacement placement;
    placement.fit = fit;
    placement.size = {height, width};
    return placement;
}

PicturePlacement in_multiples(int64_t multiple, PictureFit fit = PictureFit::stretch, int64_t longest_side = 0)
{
    PicturePlacement placement;
    placement.fit = fit;
    placement.multiple_of = multiple;
    placement.longest_side = longest_side;
    return placement;
}

} // namespace

TEST_CASE("picture_to_tensor: stretches pictures of any size and channel count over the input")
{
    for (const int64_t channels : {1, 3, 4})
    {
        for (const Shape& picture : {Shape{1, 1, channels}, Shape{5, 7, channels}, Shape{17, 3, channels}})
        {
            for (const bool antialias : {false, true})
                check_op(PictureToTensor{.placement = fixed(6, 5), .antialias = antialias}, {random_picture(picture)},
                         {.terms = 25});
        }
    }
}

TEST_CASE("picture_to_tensor: normalises each channel in the order that the network wants")
{
    const Tensor picture = random_picture({7, 9, 3});
    for (const ChannelOrder order : {ChannelOrder::rgb, ChannelOrder::bgr})
        check_op(PictureToTensor{.placement = fixed(4, 12),
                                 .order = order,
                                 .mean = {123.675f, 116.28f, 103.53f},
                                 .scale = {1 / 58.395f, 1 / 57.12f, 1 / 57.375f}},
                 {picture}, {.terms = 4096});
    check_op(
        PictureToTensor{
            .placement = fixed(4, 12), .order = ChannelOrder::grey, .mean = {127.5f}, .scale = {1 / 127.5f}},
        {picture}, {.terms = 4096});
}

TEST_CASE("picture_to_tensor: a letterboxed picture keeps its proportions and is filled around")
{
    for (const PictureFit fit : {PictureFit::letterbox, PictureFit::letterbox_top_left})
    {
        for (const Shape& picture : {Shape{3, 11, 3}, Shape{11, 3, 3}, Shape{40, 1, 3}})
        {
            check_op(PictureToTensor{.placement = fixed(8, 8, fit), .fill = {114, 0, 255}}, {random_picture(picture)},
                     {.terms = 64});
            check_op(PictureToTensor{.placement = fixed(8, 8, fit), .mean = {100, 110, 120}}, {random_picture(picture)},
                     {.terms = 64});
        }
    }
}

TEST_CASE("picture_to_tensor: the input's size follows the picture's in multiples")
{
    for (const PictureFit fit : {PictureFit::stretch, PictureFit::letterbox, PictureFit::letterbox_top_left})
    {
        for (const Shape& picture : {Shape{1, 1, 3}, Shape{13, 18, 3}, Shape{31, 8, 3}})
        {
            check_op(PictureToTensor{.placement = in_multiples(8, fit)}, {random_picture(picture)}, {.terms = 16});
            check_op(PictureToTensor{.placement = in_multiples(4, fit, 12)}, {random_picture(picture)}, {.terms = 64});
        }
    }
}

TEST_CASE("picture_to_tensor: refuses what is no picture and what contradicts itself")
{
    const Tensor picture = random_picture({4, 4, 3});
    CHECK(refusal(PictureToTensor{}, {random({4, 4, 3})}) ==
          "expected a picture as u8 [height, width, 1, 3 or 4 channels], got f32 4x4x3");
    CHECK(refusal(PictureToTensor{}, {random_picture({4, 4, 2})}) ==
          "expected a picture as u8 [height, width, 1, 3 or 4 channels], got u8 4x4x2");
    PictureToTensor two_means;
    two_means.mean = {1, 2};
    CHECK(refusal(two_means, {picture}) == "mean needs a value for each of 3 channels, got 2");
    PictureToTensor three_scales_of_grey;
    three_scales_of_grey.order = ChannelOrder::grey;
    three_scales_of_grey.scale = {1, 2, 3};
    CHECK(refusal(three_scales_of_grey, {picture}) == "scale needs a value for each of 1 channels, got 3");
    CHECK(refusal(PictureToTensor{.placement = in_multiples(0)}, {picture}) == "multiple_of must be 1 to 65536, got 0");
    CHECK(refusal(PictureToTensor{.placement = in_multiples(1, PictureFit::stretch, -1)}, {picture}) ==
          "longest_side must not be negative, got -1");
    CHECK(refusal(PictureToTensor{.placement = fixed(0, 5)}, {picture}) ==
          "the size of the input must be a height and a width of 1 to 65536");
    CHECK(refusal(PictureToTensor{.placement = fixed(65536, 65536)}, {picture}) ==
          "the network's input must have fewer than 2^31 values, got shape 1x3x65536x65536");
}

} // namespace vkseg::test::picture_to_tensor_test
