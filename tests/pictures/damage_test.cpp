#include "writers.hpp"

#include <doctest/doctest.h>

#include <string>

// Small files of every format, cut and changed everywhere.
namespace vkseg::pictures::test::damage_test {
namespace {

struct Sample
{
    std::string name;
    File file;
    size_t spare_bytes = 0; ///< After the last one that pixels depend on.
};

File pnm(const Picture& picture)
{
    File file;
    append(file, picture.channels == 1 ? "P5 " : "P6 ");
    append(file, std::to_string(picture.width) + " " + std::to_string(picture.height) + " 255\n");
    append(file, std::span<const uint8_t>(picture.pixels));
    return file;
}

File bmp(const Picture& picture) // 32 bits
{
    File file;
    append(file, "BM");
    append_little(file, 0, 8);
    append_little(file, 54, 4);
    append_little(file, 40, 4);
    append_little(file, uint32_t(picture.width), 4);
    append_little(file, uint32_t(picture.height), 4);
    append_little(file, 1, 2);
    append_little(file, 32, 2);
    append_little(file, 0, 24);
    append(file, std::span<const uint8_t>(picture.pixels));
    return file;
}

File tga(const Picture& picture, bool is_packed)
{
    File file;
    append(file, {0, 0, is_packed ? 10 : 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, picture.width, 0, picture.height, 0, 32, 40});
    for (size_t i = 0; i < picture.pixels.size(); i += 4)
    {
        if (is_packed)
            append(file, {0});
        append(file, std::span<const uint8_t>(picture.pixels).subspan(i, 4));
    }
    return file;
}

/// One byte a pixel, of a palette whose first sixteen colours are used.
File bmp_indexed(const Picture& indices)
{
    constexpr int colours = 16;
    File file;
    append(file, "BM");
    append_little(file, 0, 8);
    append_little(file, 54 + colours * 4, 4);
    append_little(file, 40, 4);
    append_little(file, uint32_t(indices.width), 4);
    append_little(file, uint32_t(indices.height), 4);
    append_little(file, 1, 2);
    append_little(file, 8, 2);
    append_little(file, 0, 24);
    append_little(file, 0x123456, colours * 4);
    for (size_t y = 0; y < size_t(indices.height); ++y)
    {
        append(file, std::span(indices.pixels).subspan(y * size_t(indices.width), size_t(indices.width)));
        append_little(file, 0, (4 - size_t(indices.width) % 4) % 4);
    }
    return file;
}

File tga_indexed(const Picture& indices)
{
    constexpr int colours = 16;
    File file;
    append(file, {0, 1, 9, 0, 0, colours, 0, 24, 0, 0, 0, 0, indices.width, 0, indices.height, 0, 8, 0});
    append_little(file, 0x123456, colours * 3);
    for (const uint8_t index : indices.pixels)
        append(file, {0x80, index});
    return file;
}

std::vector<Sample> make_samples()
{
    const Picture grey = make_noise(13, 9, 1);
    const Picture rgb = make_noise(13, 9, 3);
    const Picture rgba = make_noise(13, 9, 4);
    Picture indices = grey;
    for (uint8_t& index : indices.pixels)
        index &= 15;
    std::vector<Colour> palette(256);
    return {{"png", write_png(13, 9, rgb.pixels, {.exif = exif(6)})},
            {"png interlaced", write_png(13, 9, rgba.pixels, {.colour_type = 6, .is_interlaced = true})},
            {"png indexed", encode_indexed_png(grey, palette)},
            {"jpeg", write_jpeg(13, 9, 3, rgb.pixels, {.exif = exif(6)})},
            {"jpeg grey", write_jpeg(13, 9, 1, grey.pixels)},
            {"jpeg progressive", write_jpeg(13, 9, 3, rgb.pixels, {.is_progressive = true})},
            {"jpeg arithmetic", write_jpeg(13, 9, 3, rgb.pixels, {.is_arithmetic = true})},
            {"jpeg restarts", write_jpeg(13, 9, 1, grey.pixels, {.restart_rows = 1})},
            {"jpeg cmyk", write_jpeg(13, 9, 4, rgba.pixels, {.is_cmyk_of_adobe = true})},
            {"webp lossless", write_webp(rgba, true, exif(8))},
            {"webp lossy", write_webp(rgb, false)},
            {"webp lossy alpha", write_webp(rgba, false)},
            {"webp animation", write_webp_animation(std::array{rgba, rgba})},
            {"gif", write_gif(13, 9, indices.pixels), 1},
            {"gif interlaced", write_gif(13, 9, indices.pixels, {.is_interlaced = true, .transparent = 3}), 1},
            {"bmp", bmp(rgba)},
            {"bmp indexed", bmp_indexed(indices)},
            {"tga", tga(rgba, false)},
            {"tga packed", tga(rgba, true)},
            {"tga indexed", tga_indexed(indices)},
            {"pgm", pnm(grey)},
            {"ppm", pnm(rgb)}};
}

Result<Picture> decode(const File& file)
{
    return decode_picture(file, {.max_pixels = 4096});
}

TEST_CASE("damage: a file that is cut short anywhere is refused, but for bytes that no pixel needs")
{
    for (const Sample& sample : make_samples())
    {
        const Result<Picture> whole = decode(sample.file);
        REQUIRE_MESSAGE(whole.is_ok(), sample.name << ": " << whole.status().message());
        for (size_t size = 0; size < sample.file.size(); ++size)
        {
            const File cut(sample.file.begin(), sample.file.begin() + ptrdiff_t(size));
            const Result<Picture> picture = decode(cut);
            const bool may_be_read = size + sample.spare_bytes >= sample.file.size();
            const bool is_right = picture.is_ok() ? may_be_read && max_difference(*picture, *whole) == 0
                                                  : !picture.status().message().empty();
            CHECK_MESSAGE(is_right, sample.name << " cut to " << size << " of " << sample.file.size() << " bytes");
        }
    }
}

TEST_CASE("damage: an animation that ends within a frame is refused, and one that ends between frames is read")
{
    const std::vector<uint8_t> indices(13 * 9, 5);
    const auto size_of = [&](int frames) { return write_gif(13, 9, indices, {.frames = frames}).size() - 1; };
    const File whole = write_gif(13, 9, indices, {.frames = 3});
    const size_t control_block = 8; // before each frame
    for (size_t size = size_of(1); size < whole.size(); ++size)
    {
        const bool is_between = size == size_of(1) || size == size_of(1) + control_block || size == size_of(2) ||
                                size == size_of(2) + control_block || size == size_of(3);
        const Result<Picture> picture = decode(File(whole.begin(), whole.begin() + ptrdiff_t(size)));
        CHECK_MESSAGE(picture.is_ok() == is_between, size << " of " << whole.size() << " bytes");
    }
}

TEST_CASE("damage: what is no record behind the first frame of a GIF does not matter to it")
{
    const std::vector<uint8_t> indices(13 * 9, 5);
    File file = write_gif(13, 9, indices);
    file.insert(file.end() - 1, std::byte(0));
    CHECK(decode(file).is_ok());
    file.pop_back();
    CHECK(decode(file).is_ok());
}

TEST_CASE("damage: bytes after the end of a picture do not matter")
{
    for (const Sample& sample : make_samples())
    {
        File longer = sample.file;
        append(longer, "more, as some cameras append");
        const Result<Picture> picture = decode(longer);
        REQUIRE_MESSAGE(picture.is_ok(), sample.name << ": " << picture.status().message());
        CHECK_MESSAGE(max_difference(*picture, *decode(sample.file)) == 0, sample.name);
    }
}

TEST_CASE("damage: a PNG with any bit changed is refused by its checksums, or reads as before")
{
    for (const Sample& sample : make_samples())
    {
        if (!sample.name.starts_with("png"))
            continue;
        const Picture whole = *decode(sample.file);
        for (size_t bit = 0; bit < sample.file.size() * 8; ++bit)
        {
            File changed = sample.file;
            changed[bit / 8] ^= std::byte(1u << bit % 8);
            const Result<Picture> picture = decode(changed);
            const bool is_right = !picture.is_ok() || max_difference(*picture, whole) == 0;
            CHECK_MESSAGE(is_right, sample.name << " with bit " << bit << " changed");
        }
    }
}

TEST_CASE("damage: any bit may change in any file, and the reader gives a whole picture or a message")
{
    for (const Sample& sample : make_samples())
    {
        for (size_t bit = 0; bit < sample.file.size() * 8; ++bit)
        {
            File changed = sample.file;
            changed[bit / 8] ^= std::byte(1u << bit % 8);
            const Result<Picture> picture = decode(changed);
            const bool is_right = picture.is_ok()
                                      ? picture->pixels.size() ==
                                            size_t(picture->width) * size_t(picture->height) * size_t(picture->channels)
                                      : !picture.status().message().empty();
            CHECK_MESSAGE(is_right, sample.name << " with bit " << bit << " changed");
        }
    }
}

TEST_CASE("damage: messages say what is wrong")
{
    const auto message_of = [](const File& file) { return decode(file).status().message(); };
    const auto holds = [](const std::string& message, const char* text)
    { return message.find(text) != std::string::npos; };
    const Picture rgba = make_noise(4, 4, 4);
    File file = bmp(rgba);
    file.pop_back();
    CHECK(holds(message_of(file), "ends after 117 of 118 bytes"));
    file = write_webp(rgba, true);
    const size_t size = file.size();
    file.resize(size - 3);
    CHECK(holds(message_of(file), ("ends after " + std::to_string(size - 3) + " of ").c_str()));
    file = encode_png(rgba);
    file[file.size() - 14] ^= std::byte(1);
    CHECK(holds(message_of(file), "IDAT: CRC error"));
    file = encode_png(rgba);
    file.resize(60);
    CHECK(holds(message_of(file), "ends after 60 bytes"));
    const Picture grey = make_noise(16, 16, 1);
    file = write_jpeg(16, 16, 1, grey.pixels);
    file.resize(file.size() - 2);
    CHECK(holds(message_of(file), "cut short"));
}

TEST_CASE("budget: a picture of more pixels than its file may have is refused by its header alone")
{
    File bomb;
    append(bomb, {0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x17, 0xe0, 24, 0}); // 4096 x 57367
    append(bomb, std::vector<uint8_t>(81, 0x80));
    CHECK(!decode_picture(bomb).is_ok());
    File solid;
    append(solid, "P5 16384 16384 255\n");
    const Result<Picture> refused = decode_picture(solid);
    REQUIRE(!refused.is_ok());
    CHECK(refused.status().message().find("16384x16384 pixels") != std::string::npos);
    CHECK(!decode_picture(encode_png(make_noise(5, 4, 1)), {.max_pixels = 19}).is_ok());
    CHECK(decode_picture(encode_png(make_noise(5, 4, 1)), {.max_pixels = 20}).is_ok());
    CHECK(default_max_pixels(0) >= 48'000'000);
    CHECK(default_max_pixels(size_t(1) << 40) == int64_t(1) << 28);
}

} // namespace
} // namespace vkseg::pictures::test::damage_test
