#include "vkseg/instances.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <numeric>
#include <random>

namespace vkseg::run_lengths_test {
namespace {

using Pixels = std::vector<uint8_t>;
using IsSet = std::function<bool(int64_t x, int64_t y)>;

Pixels pixels_of(int64_t height, int64_t width, const IsSet& is_set)
{
    Pixels pixels;
    for (int64_t y = 0; y < height; ++y)
    {
        for (int64_t x = 0; x < width; ++x)
            pixels.push_back(is_set(x, y));
    }
    return pixels;
}

RunLengths mask_of(int64_t height, int64_t width, const IsSet& is_set)
{
    return *encode_mask(pixels_of(height, width, is_set), height, width);
}

/// Each bit past the width is set, as it must be ignored.
std::vector<uint32_t> words_of(const Pixels& pixels, int64_t height, int64_t width)
{
    const int64_t row_words = (width + 31) / 32;
    std::vector<uint32_t> words(size_t(height * row_words), ~uint32_t(0));
    for (int64_t y = 0; y < height; ++y)
    {
        for (int64_t x = 0; x < width; ++x)
        {
            if (pixels[size_t(y * width + x)] == 0)
                words[size_t(y * row_words + x / 32)] &= ~(uint32_t(1) << (x % 32));
        }
    }
    return words;
}

Pixels random_pixels(size_t count, double share, uint32_t seed)
{
    std::mt19937 generator(seed);
    Pixels pixels(count);
    for (uint8_t& pixel : pixels)
        pixel = double(generator()) < share * 0x1p32 ? 1 : 0;
    return pixels;
}

void check_round_trips(const Pixels& pixels, int64_t height, int64_t width)
{
    CAPTURE(height);
    CAPTURE(width);
    const Result<RunLengths> mask = encode_mask(pixels, height, width);
    REQUIRE(mask.is_ok());
    CHECK(*decode_mask(*mask) == pixels);
    CHECK(mask_area(*mask) == std::accumulate(pixels.begin(), pixels.end(), uint64_t(0)));
    CHECK(*encode_mask_bits(words_of(pixels, height, width), height, width) == *mask);
    CHECK(*from_coco_counts(mask->counts, height, width) == *mask);
    const Result<RunLengths> read = from_coco_string(to_coco_string(*mask), height, width);
    REQUIRE_MESSAGE(read.is_ok(), read.status().message());
    CHECK(*read == *mask);
}

std::string refusal(const Result<RunLengths>& result)
{
    return result.status().message();
}

} // namespace

TEST_CASE("run_lengths: masks survive every encoding")
{
    uint32_t seed = 0;
    for (const int64_t width : {1, 2, 31, 32, 33, 63, 64, 65, 100})
    {
        for (const int64_t height : {1, 2, 5, 32, 47})
        {
            const size_t count = size_t(height * width);
            for (const double share : {0.0, 0.03, 0.5, 0.97, 1.0})
                check_round_trips(random_pixels(count, share, ++seed), height, width);
            for (const size_t only : {size_t(0), count / 2, count - 1})
            {
                Pixels pixels(count);
                pixels[only] = 1;
                check_round_trips(pixels, height, width);
            }
        }
    }
}

TEST_CASE("run_lengths: runs go down the columns, and the first is of unset pixels")
{
    CHECK(mask_of(2, 3, [](int64_t, int64_t) { return false; }).counts == std::vector<uint32_t>{6});
    CHECK(mask_of(2, 3, [](int64_t, int64_t) { return true; }).counts == std::vector<uint32_t>{0, 6});
    CHECK(mask_of(2, 3, [](int64_t x, int64_t) { return x == 1; }).counts == std::vector<uint32_t>{2, 2, 2});
    CHECK(mask_of(2, 3, [](int64_t, int64_t y) { return y == 0; }).counts ==
          std::vector<uint32_t>{0, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("run_lengths: texts, areas and bounds are those of pycocotools")
{
    struct Case
    {
        int64_t height, width;
        IsSet is_set;
        const char* text;
        uint64_t area;
        PixelBox bounds;
    };
    const Case cases[] = {
        {5, 7, [](int64_t, int64_t) { return false; }, "S1", 0, {}},
        {5, 7, [](int64_t, int64_t) { return true; }, "0S1", 35, {0, 0, 7, 5}},
        {5, 7, [](int64_t x, int64_t y) { return x == 3 && y == 2; }, "a01a0", 1, {3, 2, 1, 1}},
        {5, 7, [](int64_t x, int64_t y) { return x == 0 && y == 0; }, "01R1", 1, {0, 0, 1, 1}},
        {5, 7, [](int64_t x, int64_t y) { return x == 6 && y == 4; }, "R11", 1, {6, 4, 1, 1}},
        {4, 5, [](int64_t x, int64_t y) { return (x + y) % 2 == 1; }, "11110O10O10O10O0", 10, {0, 0, 5, 4}},
        {40,
         33,
         [](int64_t x, int64_t y) { return (x - 20) * (x - 20) + (y - 15) * (y - 15) < 100; },
         "S>9n02M4N0O2N2O0000000000000001N2N102L3N^3",
         305,
         {11, 6, 19, 19}},
        {300, 200, [](int64_t x, int64_t) { return x >= 100; }, "`Ym0`Ym0", 30000, {100, 0, 100, 300}},
        {1100,
         3,
         [](int64_t x, int64_t y) { return x == 1 && y >= 10 && y < 1000; },
         "fR1nn0`U1",
         990,
         {1, 10, 1, 990}},
    };
    for (const Case& one : cases)
    {
        CAPTURE(one.text);
        const RunLengths mask = mask_of(one.height, one.width, one.is_set);
        CHECK(to_coco_string(mask) == one.text);
        CHECK(*from_coco_string(one.text, one.height, one.width) == mask);
        CHECK(mask_area(mask) == one.area);
        CHECK(mask_bounds(mask) == one.bounds);
    }
}

TEST_CASE("run_lengths: intersections, IoU and unions are those of the pixels")
{
    const int64_t height = 37;
    const int64_t width = 45;
    for (uint32_t seed = 0; seed < 20; ++seed)
    {
        const Pixels a = random_pixels(size_t(height * width), 0.1 + 0.04 * seed, 2 * seed);
        const Pixels b = random_pixels(size_t(height * width), 0.5, 2 * seed + 1);
        const RunLengths masks[] = {*encode_mask(a, height, width), *encode_mask(b, height, width)};
        uint64_t both = 0;
        Pixels either = a;
        for (size_t i = 0; i < a.size(); ++i)
        {
            both += a[i] & b[i];
            either[i] |= b[i];
        }
        const RunLengths joined = mask_union(masks);
        CHECK(mask_intersection(masks[0], masks[1]) == both);
        CHECK(joined == *encode_mask(either, height, width));
        CHECK(mask_iou(masks[0], masks[1]) == double(both) / double(mask_area(joined)));
        CHECK(mask_iou(masks[0], masks[1], /* is_crowd= */ true) == double(both) / double(mask_area(masks[0])));
    }
    const RunLengths left = mask_of(4, 4, [](int64_t x, int64_t) { return x < 2; });
    const RunLengths right = mask_of(4, 4, [](int64_t x, int64_t) { return x >= 2; });
    const RunLengths none = mask_of(4, 4, [](int64_t, int64_t) { return false; });
    CHECK(mask_iou(left, right) == 0);
    CHECK(mask_iou(none, none) == 0);
    CHECK(mask_union(std::vector<RunLengths>{left, right}).counts == std::vector<uint32_t>{0, 16});
}

TEST_CASE("run_lengths: runs of 0 from files are joined with their neighbours")
{
    const std::vector<uint32_t> counts = {0, 0, 3, 2, 0, 1, 4, 0};
    CHECK(from_coco_counts(counts, 2, 5)->counts == std::vector<uint32_t>{3, 3, 4});
    CHECK(from_coco_counts(std::vector<uint32_t>{0, 10, 0}, 2, 5)->counts == std::vector<uint32_t>{0, 10});
}

TEST_CASE("run_lengths: lengths that do not fit the mask are refused")
{
    using Counts = std::vector<uint32_t>;
    CHECK(refusal(from_coco_counts(Counts{4, 5}, 2, 5)) ==
          "mask: expected run lengths for 2x5 pixels, got lengths that add up to 9");
    CHECK(refusal(from_coco_counts(Counts{4, 7}, 2, 5)) ==
          "mask: expected run lengths for 2x5 pixels, got lengths that add up to more");
    CHECK(refusal(from_coco_counts(Counts{UINT32_MAX, UINT32_MAX}, 2, 5)) ==
          "mask: expected run lengths for 2x5 pixels, got lengths that add up to more");
    CHECK(refusal(from_coco_counts({}, 2, 5)) ==
          "mask: expected run lengths for 2x5 pixels, got lengths that add up to 0");
    CHECK(decode_mask({.height = 2, .width = 5, .counts = {4, 7}}).status().message() ==
          "mask: expected run lengths for 2x5 pixels, got lengths that add up to 11");
    CHECK(!decode_mask({.height = 2, .width = 5, .counts = {}}).is_ok());
}

TEST_CASE("run_lengths: sizes without pixels, or with too many, are refused")
{
    CHECK(refusal(encode_mask({}, 0, 5)) == "mask: expected 1 to 2147483647 pixels, got 0x5");
    CHECK(refusal(encode_mask_bits({}, 5, -1)) == "mask: expected 1 to 2147483647 pixels, got 5x-1");
    CHECK(refusal(from_coco_string("0", 65536, 32768)) == "mask: expected 1 to 2147483647 pixels, got 65536x32768");
    CHECK(refusal(from_coco_string("0", INT64_MAX, INT64_MAX)).starts_with("mask: expected 1 to 2147483647 pixels"));
    CHECK(refusal(encode_mask(Pixels(9), 2, 5)) == "mask: expected 2x5 pixels, got 9 values");
    CHECK(refusal(encode_mask_bits(std::vector<uint32_t>(2), 2, 33)) ==
          "mask: expected 2 words for each of 2 rows, got 2");
}

TEST_CASE("run_lengths: damaged texts are refused")
{
    CHECK(refusal(from_coco_string("S", 5, 7)) == "mask: the text of the run lengths ends within a number");
    CHECK(refusal(from_coco_string("S1!", 5, 7)) ==
          "mask: expected characters from '0' to 'o' in the text of the run lengths, got '!' as character 2");
    CHECK(refusal(from_coco_string("S1\xff", 5, 7)).ends_with("got '\\xff' as character 2"));
    CHECK(refusal(from_coco_string("1oooooooo0", 5, 7)) ==
          "mask: the text of the run lengths has a number that is too large at character 1");
    CHECK(refusal(from_coco_string("11O", 5, 7)) ==
          "mask: the text of the run lengths has a negative length at character 2");
    CHECK(refusal(from_coco_string("111M", 5, 7)) ==
          "mask: the text of the run lengths has a negative length at character 3");
    CHECK(refusal(from_coco_string("T1", 5, 7)).ends_with("add up to more"));
    CHECK(refusal(from_coco_string("ooooo?", 5, 7)).ends_with("add up to more"));
    CHECK(refusal(from_coco_string("", 5, 7)).ends_with("add up to 0"));
}

TEST_CASE("run_lengths: a large mask takes the memory of its runs")
{
    const Result<RunLengths> mask = from_coco_counts(std::vector<uint32_t>{10, 20, 999999970}, 100000, 10000);
    REQUIRE(mask.is_ok());
    CHECK(mask_area(*mask) == 20);
    CHECK(mask_bounds(*mask) == PixelBox{0, 10, 1, 20});
    CHECK(*from_coco_string(to_coco_string(*mask), 100000, 10000) == *mask);
}

} // namespace vkseg::run_lengths_test
