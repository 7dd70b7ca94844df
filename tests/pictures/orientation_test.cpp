#include "writers.hpp"

#include "pictures/exif.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::pictures::test::orientation_test {
namespace {

const Picture upright = {.width = 2, .height = 3, .channels = 1, .pixels = {1, 2, 3, 4, 5, 6}};

/// The upright picture as a camera of each orientation stores it: Exif 2.32, tag 274.
Picture stored_as(int orientation)
{
    const std::array<std::vector<uint8_t>, 8> pixels = {{{1, 2, 3, 4, 5, 6},
                                                         {2, 1, 4, 3, 6, 5},
                                                         {6, 5, 4, 3, 2, 1},
                                                         {5, 6, 3, 4, 1, 2},
                                                         {1, 3, 5, 2, 4, 6},
                                                         {2, 4, 6, 1, 3, 5},
                                                         {6, 4, 2, 5, 3, 1},
                                                         {5, 3, 1, 6, 4, 2}}};
    const bool is_transposed = orientation >= 5;
    return {.width = is_transposed ? 3 : 2,
            .height = is_transposed ? 2 : 3,
            .channels = 1,
            .pixels = pixels[size_t(orientation - 1)]};
}

/// Each pixel as a block of 16 x 16 in steps of 40, so that lossy formats keep it.
Picture enlarged(const Picture& picture, int channels)
{
    constexpr int scale = 16;
    Picture result = {
        .width = picture.width * scale, .height = picture.height * scale, .channels = channels, .pixels = {}};
    for (int y = 0; y < result.height; ++y)
    {
        for (int x = 0; x < result.width; ++x)
        {
            const int value = picture.pixels[size_t(y / scale * picture.width + x / scale)] * 40;
            result.pixels.insert(result.pixels.end(), size_t(channels), uint8_t(value));
        }
    }
    return result;
}

TEST_CASE("orientation: all eight are turned upright, with one, three and four channels")
{
    for (int orientation = 1; orientation <= 8; ++orientation)
    {
        CHECK(max_difference(turn_upright(stored_as(orientation), orientation), upright) == 0);
        for (const int channels : {3, 4})
            CHECK(max_difference(turn_upright(enlarged(stored_as(orientation), channels), orientation),
                                 enlarged(upright, channels)) == 0);
    }
}

TEST_CASE("orientation: JPEG, PNG, WebP and label maps say it by EXIF data of either byte order")
{
    for (int orientation = 1; orientation <= 8; ++orientation)
    {
        for (const bool is_little : {true, false})
        {
            const Picture stored = enlarged(stored_as(orientation), 3);
            const Picture expected = enlarged(upright, 3);
            const File data = exif(orientation, is_little);
            const Result<Picture> jpeg =
                decode_picture(write_jpeg(stored.width, stored.height, 3, stored.pixels, {.exif = data}));
            REQUIRE(jpeg.is_ok());
            CHECK(max_difference(*jpeg, expected) < 12);
            const Result<Picture> png =
                decode_picture(write_png(stored.width, stored.height, stored.pixels, {.exif = data}));
            REQUIRE(png.is_ok());
            CHECK(max_difference(*png, expected) == 0);
            const Result<Picture> webp = decode_picture(write_webp(stored, true, data));
            REQUIRE(webp.is_ok());
            CHECK(max_difference(*webp, expected) == 0);
            const Picture labels = stored_as(orientation);
            const Result<Picture> map =
                decode_labels(write_png(labels.width, labels.height, labels.pixels, {.colour_type = 0, .exif = data}));
            REQUIRE(map.is_ok());
            CHECK(max_difference(*map, upright) == 0);
        }
    }
}

TEST_CASE("orientation: malformed EXIF data, cut or changed anywhere, give some orientation and never an overrun")
{
    const File data = exif(6);
    for (size_t size = 0; size < data.size(); ++size)
    {
        const File cut(data.begin(), data.begin() + ptrdiff_t(size)); // a block of its own, so that overruns show
        const int orientation = exif_orientation(cut);
        CHECK((orientation == 1 || orientation == 6));
    }
    for (size_t bit = 0; bit < data.size() * 8; ++bit)
    {
        File changed = data;
        changed[bit / 8] ^= std::byte(1u << bit % 8);
        const int orientation = exif_orientation(changed);
        CHECK((orientation >= 1 && orientation <= 8));
    }
    CHECK(exif_orientation(exif(0)) == 1);
    CHECK(exif_orientation(exif(9)) == 1);
}

} // namespace
} // namespace vkseg::pictures::test::orientation_test
