#include "segment/axes.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::axes_test {
namespace {

struct Asked
{
    Shape shape;
    int64_t height = 192;
    int64_t width = 256;
    size_t classes = 0;
    bool is_labels = false;
    std::optional<TensorLayout> described = {};
};

Result<MapAxes> axes_of(const Asked& asked)
{
    return map_axes({.who = "output 'y' " + to_string(asked.shape),
                     .shape = asked.shape,
                     .input_height = asked.height,
                     .input_width = asked.width,
                     .is_labels = asked.is_labels,
                     .classes = asked.classes,
                     .described = asked.described});
}

Value picture(const Shape& shape)
{
    return {.name = "x", .shape = shape, .has_shape = true};
}

} // namespace

TEST_CASE("axes: a map's layout is what classes and the input's size allow")
{
    struct Case
    {
        Asked asked;
        TensorLayout layout;
        int64_t channels;
    };
    constexpr TensorLayout nchw = TensorLayout::nchw;
    constexpr TensorLayout nhwc = TensorLayout::nhwc;
    const Case cases[] = {
        {{{1, 21, 192, 256}}, nchw, 21},
        {{{1, 192, 256, 21}}, nhwc, 21},
        {{{1, 1, 192, 256}}, nchw, 1},
        {{{1, 192, 256, 1}}, nhwc, 1},
        {{{1, 6, 8, 3}, 192, 256, 3}, nhwc, 3},
        {{{1, 64, 64, 3}, 64, 64, 3}, nhwc, 3},
        {{{1, 3, 64, 64}, 64, 64, 3}, nchw, 3},
        {{{1, 64, 64, 2}, 64, 64, 0}, nhwc, 2},
        {{{1, 64, 64, 64}, 64, 64, 0, false, nhwc}, nhwc, 64},
        {{{192, 256}}, nchw, 1},
        {{{1, 192, 256}}, nchw, 1},
        {{{19, 24, 32}}, nchw, 19},
        {{{24, 32, 19}}, nhwc, 19},
        {{{1, 192, 256}, 192, 256, 21, true}, nchw, 1},
        {{{1, 192, 256, 1}, 192, 256, 21, true}, nhwc, 1},
        {{{1, 1, 192, 256}, 192, 256, 21, true}, nchw, 1},
        {{{1, 2, 128, 192}}, nchw, 2},       // no padding in the network
        {{{1, 2, 7, 9}, 200, 260}, nchw, 2}, // rounded up and down
        {{{1, 150, 60, 60}, 473, 473, 150}, nchw, 150},
    };
    for (const Case& each : cases)
    {
        CAPTURE(to_string(each.asked.shape));
        const Result<MapAxes> axes = axes_of(each.asked);
        REQUIRE_MESSAGE(axes.is_ok(), axes.status().message());
        CHECK(axes->layout == each.layout);
        CHECK(axes->channels == each.channels);
    }
}

TEST_CASE("axes: what is ambiguous or has the wrong counts is refused with the key to set")
{
    struct Case
    {
        Asked asked;
        const char* message;
    };
    const Case cases[] = {
        {{{1, 64, 64, 64}, 64, 64},
         "output 'y' 1x64x64x64 may have its channels first or last: set output.layout to "
         "\"NCHW\" or \"NHWC\""},
        {{{2, 3, 64, 64}, 64, 64}, "output 'y' 2x3x64x64 holds 2 maps, but a picture has one"},
        {{{1, 3, 64, 64}, 64, 64, 2}, "output 'y' 1x3x64x64: 'classes' names 2, but 3 channels distinguish 3 classes"},
        {{{1, 64, 64, 3}, 64, 64, 4}, "output 'y' 1x64x64x3: 'classes' names 4, but 3 channels distinguish 3 classes"},
        {{{1, 1, 64, 64}, 64, 64, 3}, "output 'y' 1x1x64x64: 'classes' names 3, but 1 channel distinguishes 2 classes"},
        {{{1, 3, 64, 64}, 64, 64, 0, true}, "output 'y' 1x3x64x64: expected labels in 1 channel, got 3 channels"},
        {{{1, 300, 64, 64}, 64, 64, 300}, "output 'y' 1x300x64x64: expected at most 256 classes, got 300 channels"},
        {{{1, 21, 256, 192}},
         "output 'y' 1x21x256x192 has maps of 256x192 for an input of 192x256 (height x width): "
         "its axes seem to be swapped; if they are not, set output.layout to \"NCHW\""},
        {{{64}}, "output 'y' 64 is not a map of classes: expected 1xCxHxW or 1xHxWxC, without the batch, or HxW"},
    };
    for (const Case& each : cases)
    {
        const Result<MapAxes> axes = axes_of(each.asked);
        REQUIRE_FALSE_MESSAGE(axes.is_ok(), to_string(each.asked.shape));
        CHECK(axes.status().message() == each.message);
    }
}

TEST_CASE("axes: an input has its channels where their number stands")
{
    const auto layout_of = [](const Shape& shape, std::optional<TensorLayout> described = {})
    { return input_layout(picture(shape), 3, described); };
    CHECK(*layout_of({1, 3, 64, 96}) == TensorLayout::nchw);
    CHECK(*layout_of({1, 64, 96, 3}) == TensorLayout::nhwc);
    CHECK(*layout_of({-1, -1, -1, 3}) == TensorLayout::nhwc);
    CHECK(*layout_of({-1, 3, -1, -1}) == TensorLayout::nchw);
    CHECK(*layout_of({1, -1, -1, -1}) == TensorLayout::nchw);
    CHECK(*layout_of({1, -1, -1, -1}, TensorLayout::nhwc) == TensorLayout::nhwc);
    CHECK(*layout_of({1, 3, 8, 3}, TensorLayout::nhwc) == TensorLayout::nhwc);
    CHECK(layout_of({1, 3, 8, 3}).status().message() ==
          "input 'x' 1x3x8x3 may have its channels first or last: set input.layout to \"NCHW\" or \"NHWC\"");
    CHECK(layout_of({1, 64, 96, 3}, TensorLayout::nchw).status().message() ==
          "input 'x' 1x64x96x3 does not take 3 channels");
    CHECK(layout_of({64, 96}).status().message() ==
          "input 'x' 64x96 does not take a picture: expected 1xCxHxW, 1xHxWxC, CxHxW or HxWxC");
    CHECK(*layout_of({3, 64, 96}) == TensorLayout::nchw);
    CHECK(*layout_of({64, 96, 3}) == TensorLayout::nhwc);
}

} // namespace vkseg::test::axes_test
