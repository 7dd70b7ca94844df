#include "writers.hpp"

#include <doctest/doctest.h>

// Every format, in every form and number of bits that is read, gives the pixels that were written.
namespace vkseg::pictures::test::formats_test {
namespace {

Picture decode(const File& file)
{
    Result<Picture> picture = decode_picture(file);
    REQUIRE_MESSAGE(picture.is_ok(), picture.status().message());
    return *std::move(picture);
}

void check_same(const Picture& got, const Picture& expected)
{
    CHECK(max_difference(got, expected) == 0);
}

void check_refused(const File& file, const std::string& text)
{
    const Result<Picture> picture = decode_picture(file);
    REQUIRE(!picture.is_ok());
    CHECK_MESSAGE(picture.status().message().find(text) != std::string::npos, picture.status().message());
}

bool has_note(const Picture& picture, const std::string& text)
{
    for (const std::string& note : picture.notes)
    {
        if (note.find(text) != std::string::npos)
            return true;
    }
    return false;
}

/// Grey values of few bits, packed into rows.
std::vector<uint8_t> pack(const Picture& values, int bits)
{
    const int width = values.width;
    std::vector<uint8_t> rows;
    for (int y = 0; y < values.height; ++y)
    {
        for (int x = 0; x < width; ++x)
        {
            if (x * bits % 8 == 0)
                rows.push_back(0);
            const unsigned value = values.pixels[size_t(y * width + x)];
            rows.back() = uint8_t(rows.back() | value << (8 - bits - x * bits % 8));
        }
    }
    return rows;
}

Picture make_indices(int width, int height, int count)
{
    Picture indices = make_noise(width, height, 1);
    for (uint8_t& index : indices.pixels)
        index = uint8_t(index % count);
    return indices;
}

std::vector<Colour> make_palette(int count)
{
    std::vector<Colour> palette;
    for (int i = 0; i < count; ++i)
        palette.push_back({uint8_t(i * 37), uint8_t(255 - i), uint8_t(i * 11)});
    return palette;
}

Picture look_up(const Picture& indices, const std::vector<Colour>& palette)
{
    Picture picture = {.width = indices.width, .height = indices.height, .channels = 3, .pixels = {}};
    for (const uint8_t index : indices.pixels)
        picture.pixels.insert(picture.pixels.end(), {palette[index].red, palette[index].green, palette[index].blue});
    return picture;
}

TEST_CASE("png: grey of 1 to 8 bits is stretched to 255, plain and interlaced")
{
    for (const int bits : {1, 2, 4, 8})
    {
        for (const bool is_interlaced : {false, true})
        {
            const Picture values = make_indices(13, 9, 1 << bits);
            Picture expected = values;
            for (uint8_t& value : expected.pixels)
                value = uint8_t(value * 255 / ((1 << bits) - 1));
            const PngForm form = {.bits = bits, .colour_type = 0, .is_interlaced = is_interlaced};
            check_same(decode(write_png(13, 9, pack(values, bits), form)), expected);
        }
    }
}

TEST_CASE("png: 16 bits are rounded to the nearest 8, with a note")
{
    std::vector<uint8_t> samples;
    Picture expected = {.width = 256, .height = 4, .channels = 1, .pixels = {}};
    for (uint32_t i = 0; i < 1024; ++i)
    {
        const uint32_t value = i * 64 + 63;
        samples.push_back(uint8_t(value >> 8));
        samples.push_back(uint8_t(value & 255));
        expected.pixels.push_back(uint8_t((value * 255 + 32767) / 65535));
    }
    const Picture picture = decode(write_png(256, 4, samples, {.bits = 16, .colour_type = 0}));
    check_same(picture, expected);
    CHECK(has_note(picture, "rounded to 8"));
    CHECK(decode(write_png(64, 2, samples, {.bits = 16, .colour_type = 6})).channels == 4);
    CHECK(decode(write_png(85, 2, samples, {.bits = 16, .colour_type = 2})).channels == 3);
}

TEST_CASE("png: palettes of 1 to 8 bits give their colours, and their alpha")
{
    for (const int bits : {1, 2, 4, 8})
    {
        const Picture indices = make_indices(13, 9, 1 << bits);
        PngForm form = {.bits = bits, .colour_type = 3, .palette = make_palette(1 << bits)};
        check_same(decode(write_png(13, 9, pack(indices, bits), form)), look_up(indices, form.palette));
        form.alphas = {10};
        const Picture picture = decode(write_png(13, 9, pack(indices, bits), form));
        REQUIRE(picture.channels == 4);
        for (size_t i = 0; i < indices.pixels.size(); ++i)
            CHECK(picture.pixels[i * 4 + 3] == (indices.pixels[i] == 0 ? 10 : 255));
    }
}

TEST_CASE("png: colours and alphas of 8 bits come as they are, and a transparent grey is alpha 0")
{
    const Picture rgb = make_noise(7, 5, 3);
    check_same(decode(write_png(7, 5, rgb.pixels, {.colour_type = 2})), rgb);
    check_same(decode(encode_png(rgb)), rgb);
    const Picture rgba = make_noise(7, 5, 4);
    check_same(decode(write_png(7, 5, rgba.pixels, {.colour_type = 6})), rgba);
    check_same(decode(encode_png(rgba)), rgba);
    const Picture grey = {.width = 2, .height = 1, .channels = 1, .pixels = {7, 9}};
    const Picture expected = {.width = 2, .height = 1, .channels = 4, .pixels = {7, 7, 7, 0, 9, 9, 9, 255}};
    check_same(decode(encode_png(grey)), grey);
    check_same(decode(write_png(2, 1, grey.pixels, {.colour_type = 0, .transparent_grey = 7})), expected);
    check_same(decode(write_png(1, 1, grey.pixels, {.colour_type = 4})),
               {.width = 1, .height = 1, .channels = 4, .pixels = {7, 7, 7, 9}});
}

TEST_CASE("png: a pixel outside the palette is refused")
{
    const std::vector<uint8_t> indices = {0, 1, 2, 3};
    check_refused(write_png(2, 2, indices, {.bits = 8, .colour_type = 3, .palette = make_palette(3)}), "damaged");
}

TEST_CASE("labels: indices and greys of 1 to 8 bits come as they are stored, with or without a colour")
{
    for (const int bits : {1, 2, 4, 8})
    {
        const Picture labels = make_indices(13, 9, 1 << bits);
        for (const int colour_type : {0, 3})
        {
            PngForm form = {.bits = bits, .colour_type = colour_type};
            if (colour_type == 3)
                form.palette = make_palette(2);
            const Result<Picture> got = decode_labels(write_png(13, 9, pack(labels, bits), form));
            REQUIRE_MESSAGE(got.is_ok(), got.status().message());
            check_same(*got, labels);
        }
    }
    const Picture labels = make_indices(13, 9, 256);
    const Result<Picture> got = decode_labels(encode_indexed_png(labels, make_palette(256)));
    REQUIRE(got.is_ok());
    check_same(*got, labels);
}

TEST_CASE("labels: colours, 16 bits and other formats are refused")
{
    const Picture rgb = make_noise(8, 8, 3);
    for (const File& file : {encode_png(rgb), write_jpeg(8, 8, 3, rgb.pixels), File(),
                             write_png(4, 4, rgb.pixels, {.bits = 16, .colour_type = 0})})
        CHECK(!decode_labels(file).is_ok());
}

TEST_CASE("jpeg: grey and colours, sequential and progressive, with restarts and arithmetic coding")
{
    for (const int channels : {1, 3})
    {
        const Picture picture = make_ramp(45, 37, channels);
        for (const JpegForm& form :
             {JpegForm{}, JpegForm{.is_progressive = true}, JpegForm{.is_arithmetic = true},
              JpegForm{.is_progressive = true, .is_arithmetic = true}, JpegForm{.restart_rows = 1}})
            CHECK(max_difference(decode(write_jpeg(45, 37, channels, picture.pixels, form)), picture) < 12);
    }
}

TEST_CASE("jpeg: CMYK becomes RGB, whether ink or white is stored")
{
    std::vector<uint8_t> inks;
    for (int i = 0; i < 64; ++i)
        inks.insert(inks.end(), {0, 100, 255, 51});
    const Picture picture = decode(write_jpeg(8, 8, 4, inks));
    REQUIRE(picture.channels == 3);
    CHECK(std::abs(picture.pixels[0] - 204) < 4);
    CHECK(std::abs(picture.pixels[1] - 155 * 204 / 255) < 4);
    CHECK(picture.pixels[2] < 4);
    const Picture adobe = decode(write_jpeg(8, 8, 4, inks, {.is_cmyk_of_adobe = true}));
    CHECK(adobe.pixels[0] < 4);
    CHECK(std::abs(adobe.pixels[1] - 20) < 4);
    CHECK(std::abs(adobe.pixels[2] - 51) < 4);
}

TEST_CASE("jpeg: 12 bits and files of too many scans are refused")
{
    const Picture picture = make_ramp(16, 16, 1);
    File file = write_jpeg(16, 16, 1, picture.pixels);
    for (size_t i = 0; i + 4 < file.size(); ++i)
    {
        if (file[i] == std::byte(0xff) && file[i + 1] == std::byte(0xc0))
            file[i + 4] = std::byte(12);
    }
    check_refused(file, "precision 12");

    // The last scan of a progressive file again and again.
    file = write_jpeg(16, 16, 1, picture.pixels, {.is_progressive = true});
    size_t scan = 0;
    for (size_t i = 0; i + 1 < file.size(); ++i)
    {
        if (file[i] == std::byte(0xff) && file[i + 1] == std::byte(0xda))
            scan = i;
    }
    const File last(file.begin() + ptrdiff_t(scan), file.end() - 2);
    for (int i = 0; i < 200; ++i)
        file.insert(file.end() - 2, last.begin(), last.end());
    check_refused(file, "");
}

TEST_CASE("webp: lossless as it was, lossy nearly so, with and without alpha, and of an animation the first frame")
{
    for (const int channels : {3, 4})
    {
        const Picture noise = make_noise(19, 11, channels);
        Picture visible = noise; // the encoder drops the colours of transparent pixels
        for (size_t i = 3; channels == 4 && i < visible.pixels.size(); i += 4)
            visible.pixels[i] |= 1;
        check_same(decode(write_webp(visible, true)), visible);
        const Picture ramp = make_ramp(40, 30, channels);
        CHECK(max_difference(decode(write_webp(ramp, false)), ramp) < 24);
    }
    Picture frame = make_ramp(20, 10, 4);
    for (size_t i = 3; i < frame.pixels.size(); i += 4)
        frame.pixels[i] = 255;
    const Picture animation = decode(write_webp_animation(std::array{frame, make_noise(20, 10, 4)}));
    check_same(animation, frame);
    CHECK(has_note(animation, "first frame"));
}

TEST_CASE("gif: colours, interlaced rows, transparency, parts of a canvas and the first frame")
{
    const Picture indices = make_indices(13, 21, 16);
    std::vector<Colour> palette;
    for (int i = 0; i < 16; ++i)
        palette.push_back(gif_colour(i));
    const Picture expected = look_up(indices, palette);
    check_same(decode(write_gif(13, 21, indices.pixels)), expected);
    check_same(decode(write_gif(13, 21, indices.pixels, {.is_interlaced = true})), expected);
    const Picture animation = decode(write_gif(13, 21, indices.pixels, {.frames = 3}));
    check_same(animation, expected);
    CHECK(has_note(animation, "first frame"));
    CHECK(decode(write_gif(13, 21, indices.pixels)).notes.empty());

    const std::array<uint8_t, 2> two = {3, 5};
    const Picture canvas =
        decode(write_gif(2, 1, two, {.canvas_width = 3, .canvas_height = 2, .left = 1, .top = 1, .transparent = 5}));
    Picture placed = {.width = 3, .height = 2, .channels = 4, .pixels = std::vector<uint8_t>(24)};
    const Colour colour = gif_colour(3);
    placed.pixels[16] = colour.red;
    placed.pixels[17] = colour.green;
    placed.pixels[18] = colour.blue;
    placed.pixels[19] = 255;
    check_same(canvas, placed);
    check_refused(write_gif(2, 1, two, {.canvas_width = 2, .canvas_height = 1, .left = 1}), "canvas");
}

/// A BITMAPINFOHEADER with the file's header before it.
File bmp_header(int width, int height, int bits, int compression, int colours, int extra_bytes)
{
    File file;
    append(file, "BM");
    append_little(file, 0, 8);
    append_little(file, uint32_t(54 + extra_bytes), 4);
    append_little(file, 40, 4);
    append_little(file, uint32_t(width), 4);
    append_little(file, uint32_t(height), 4);
    append_little(file, 1, 2);
    append_little(file, uint32_t(bits), 2);
    append_little(file, uint32_t(compression), 4);
    append_little(file, 0, 12);
    append_little(file, uint32_t(colours), 4);
    append_little(file, 0, 4);
    return file;
}

/// One pixel with three masks, or four in a header of 108 bytes.
File bmp_with_fields(int bits, const std::vector<uint32_t>& masks, uint32_t pixel)
{
    const bool is_long = masks.size() == 4;
    File file = bmp_header(1, 1, bits, 3, 0, is_long ? 68 : 12);
    file[14] = std::byte(is_long ? 108 : 40);
    for (const uint32_t mask : masks)
        append_little(file, mask, 4);
    append_little(file, 0, is_long ? 52 : 0);
    append_little(file, pixel, 4);
    return file;
}

void append_palette(File& file, const std::vector<Colour>& palette)
{
    for (const Colour& colour : palette)
        append(file, {colour.blue, colour.green, colour.red, 0});
}

TEST_CASE("bmp: palettes of 1, 4 and 8 bits, bottom and top row first; a colour outside the palette is refused")
{
    for (const int bits : {1, 4, 8})
    {
        const int colours = bits == 8 ? 200 : 1 << bits;
        const Picture indices = make_indices(13, 3, colours);
        const std::vector<uint8_t> rows = pack(indices, bits);
        const size_t row_bytes = rows.size() / 3;
        for (const bool is_top_first : {false, true})
        {
            File file = bmp_header(13, is_top_first ? -3 : 3, bits, 0, colours, colours * 4);
            append_palette(file, make_palette(colours));
            for (size_t y = 0; y < 3; ++y)
            {
                append(file, std::span(rows).subspan((is_top_first ? y : 2 - y) * row_bytes, row_bytes));
                append_little(file, 0, (4 - row_bytes % 4) % 4);
            }
            check_same(decode(file), look_up(indices, make_palette(colours)));
        }
    }
    File file = bmp_header(1, 1, 8, 0, 2, 8);
    append_palette(file, make_palette(2));
    append(file, {2, 0, 0, 0});
    check_refused(file, "colour 2 of a palette of 2");
    file = bmp_header(1, 1, 8, 0, 0, 8); // fewer colours before the pixels than eight bits can tell apart
    append_palette(file, make_palette(2));
    append(file, {2, 0, 0, 0});
    check_refused(file, "colour 2 of a palette of 2");
    file[10] = std::byte(14); // pixels inside the header
    check_refused(file, "of a palette of 0");
}

TEST_CASE("bmp: 16, 24 and 32 bits, and fields of other widths")
{
    File file = bmp_header(1, 2, 24, 0, 0, 0);
    append(file, {1, 2, 3, 0, 4, 5, 6, 0});
    check_same(decode(file), {.width = 1, .height = 2, .channels = 3, .pixels = {6, 5, 4, 3, 2, 1}});
    file = bmp_header(2, 1, 16, 0, 0, 0);
    append_little(file, 31 << 10 | 16 << 5, 2);
    append_little(file, 1, 2);
    check_same(decode(file), {.width = 2, .height = 1, .channels = 3, .pixels = {255, 132, 0, 0, 0, 8}});
    file = bmp_header(1, 1, 32, 0, 0, 0);
    append(file, {1, 2, 3, 0});
    check_same(decode(file), {.width = 1, .height = 1, .channels = 3, .pixels = {3, 2, 1}});
    file.back() = std::byte(77);
    check_same(decode(file), {.width = 1, .height = 1, .channels = 4, .pixels = {3, 2, 1, 77}});
    file = bmp_with_fields(16, {0xf800, 0x7e0, 0x1f}, 31 << 11 | 32 << 5 | 1);
    check_same(decode(file), {.width = 1, .height = 1, .channels = 3, .pixels = {255, 130, 8}});
    file = bmp_with_fields(32, {0xff, 0xff00, 0xff0000}, 0x77030201);
    check_same(decode(file), {.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}});
}

TEST_CASE("bmp: alpha is read if a mask or 32 plain bits store it, and taken as opaque if it is 0 everywhere")
{
    const std::vector<uint32_t> masks = {0xff0000, 0xff00, 0xff, 0xff000000};
    check_same(decode(bmp_with_fields(32, masks, 0x04010203)),
               {.width = 1, .height = 1, .channels = 4, .pixels = {1, 2, 3, 4}});
    check_same(decode(bmp_with_fields(32, masks, 0x00010203)),
               {.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}});
    File file = bmp_with_fields(16, {0, 0, 0, 0x8000}, 31);
    file[30] = std::byte(0); // no bit fields: their masks say nothing
    check_same(decode(file), {.width = 1, .height = 1, .channels = 3, .pixels = {0, 0, 255}});
}

TEST_CASE("bmp: forms that stb_image does not read, or reads as other pixels, are refused")
{
    check_refused(bmp_header(1, 1, 8, 1, 0, 0), "without compression");
    check_refused(bmp_header(1, 1, 2, 0, 0, 0), "1, 4, 8, 16, 24 or 32 bits, got 2: convert it to PNG");
    check_refused(bmp_with_fields(32, {0x3ff00000, 0xffc00, 0x3ff}, 0), "got mask 0x3ff00000: convert it to PNG");
    check_refused(bmp_with_fields(32, {0xf0f, 0xff0000, 0xff000000}, 0), "got mask 0x00000f0f");
    check_refused(bmp_with_fields(32, {0, 0xff0000, 0xff000000}, 0), "got mask 0x00000000");
    File file = bmp_header(1, 1, 24, 0, 0, 4); // a gap before the pixels
    append_little(file, 0, 8);
    check_refused(file, "bad offset");
    for (const int header_bytes : {12, 56, 64})
    {
        file = bmp_header(1, 1, 24, 0, 0, 0);
        append_little(file, 0, 4);
        file[14] = std::byte(header_bytes);
        check_refused(file, "a header of 40, 108 or 124 bytes");
    }
    file = bmp_header(1, INT32_MIN, 24, 0, 0, 0);
    check_refused(file, "2147483648");
}

/// Palettes have two colours.
File tga_header(int type, int width, int height, int bits, int flags)
{
    File file;
    append(file, {2, type % 8 == 1 ? 1 : 0, type});
    append_little(file, 0, 2);                     // first colour
    append_little(file, type % 8 == 1 ? 2 : 0, 2); // colours
    append(file, {type % 8 == 1 ? 24 : 0});
    append_little(file, 0, 4);
    append_little(file, uint32_t(width), 2);
    append_little(file, uint32_t(height), 2);
    append(file, {bits, flags});
    append(file, "id");
    if (type % 8 == 1)
        append(file, {1, 2, 3, 4, 5, 6});
    return file;
}

constexpr int top_first = 32;

TEST_CASE("tga: grey, colours, palettes and runs, from the left corners")
{
    const Picture expected = {.width = 2, .height = 2, .channels = 1, .pixels = {1, 2, 3, 4}};
    const std::array<std::array<int, 4>, 4> orders = {{{3, 4, 1, 2}, {4, 3, 2, 1}, {1, 2, 3, 4}, {2, 1, 4, 3}}};
    for (size_t corner = 0; corner < 4; ++corner)
    {
        File file = tga_header(3, 2, 2, 8, int(corner) << 4);
        for (const int value : orders[corner])
            append(file, {value});
        if (corner % 2 == 0)
            check_same(decode(file), expected);
        else
            check_refused(file, "from left to right, got another order: convert it to PNG");
    }
    File file = tga_header(10, 5, 1, 24, top_first);
    append(file, {0x82, 1, 2, 3, 1, 4, 5, 6, 7, 8, 9}); // three times the first, then two
    check_same(decode(file),
               {.width = 5, .height = 1, .channels = 3, .pixels = {3, 2, 1, 3, 2, 1, 3, 2, 1, 6, 5, 4, 9, 8, 7}});
    file = tga_header(1, 2, 1, 8, top_first);
    append(file, {1, 0});
    check_same(decode(file), {.width = 2, .height = 1, .channels = 3, .pixels = {6, 5, 4, 3, 2, 1}});
    file = tga_header(9, 3, 1, 16, top_first);
    append(file, {0x81, 1, 0, 0, 0, 0}); // twice the first, then one
    check_same(decode(file), {.width = 3, .height = 1, .channels = 3, .pixels = {6, 5, 4, 6, 5, 4, 3, 2, 1}});
    file = tga_header(2, 1, 1, 32, top_first);
    append(file, {1, 2, 3, 4});
    check_same(decode(file), {.width = 1, .height = 1, .channels = 3, .pixels = {3, 2, 1}});
    file[17] = std::byte(top_first | 8); // eight bits of alpha
    check_same(decode(file), {.width = 1, .height = 1, .channels = 4, .pixels = {3, 2, 1, 4}});
    file = tga_header(2, 1, 1, 16, top_first);
    append_little(file, 31 << 10 | 1, 2);
    check_same(decode(file), {.width = 1, .height = 1, .channels = 3, .pixels = {255, 0, 8}});
}

TEST_CASE("tga: forms that stb_image reads as other pixels are refused")
{
    File file = tga_header(1, 2, 1, 8, top_first);
    append(file, {1, 2});
    check_refused(file, "colour 2 of a palette of 2");
    file[3] = std::byte(1);
    check_refused(file, "a palette from colour 0, got 1: convert it to PNG");
    file = tga_header(9, 1, 1, 16, top_first);
    append(file, {0x80, 0, 1}); // high byte set
    check_refused(file, "colour 256 of a palette of 2");
    file = tga_header(3, 1, 1, 8, top_first | 64);
    append(file, {1});
    check_refused(file, "another order");
    file = tga_header(2, 1, 1, 24, top_first);
    append(file, {1, 2, 3});
    file[1] = std::byte(1);
    check_refused(file, "without a palette");
}

File pnm(std::string_view header, std::initializer_list<int> samples)
{
    File file;
    append(file, header);
    append(file, samples);
    return file;
}

TEST_CASE("pnm: the maximum 255 is read, and every other is refused")
{
    check_same(decode(pnm("P5 # a comment\n2 1\n#another\n255\n", {7, 200})),
               {.width = 2, .height = 1, .channels = 1, .pixels = {7, 200}});
    check_same(decode(pnm("P6#\r0001 #2\n1\t255\n", {'#', ' ', 15})),
               {.width = 1, .height = 1, .channels = 3, .pixels = {'#', ' ', 15}});
    check_same(decode(pnm("P5 0000000012 1 255 ", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})),
               {.width = 12, .height = 1, .channels = 1, .pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}});
    for (const char* maximum : {"1", "15", "254", "256", "1023", "65535", "70000", "4294967551"})
        check_refused(pnm(std::string("P5 1 1 ") + maximum + "\n", {0, 0}), "the maximum 255, got");
    check_refused(pnm("P5 1 x 255\n", {0, 0}), "maximum");
    check_refused(pnm("P5 1 1 255#\n", {0, 0}), "maximum");
    check_refused(pnm("P5 4294967297 1 255\n", {0, 0}), "its size cannot be");
}

TEST_CASE("pictures: formats that are not read are named")
{
    using namespace std::string_view_literals;
    const std::array<std::pair<std::string_view, const char*>, 9> cases = {{{"II*\0\0\0\0\0"sv, "TIFF"},
                                                                            {"\0\0\0\x18"
                                                                             "ftypheic"sv,
                                                                             "HEIC"},
                                                                            {"\0\0\0\x18"
                                                                             "ftypavif"sv,
                                                                             "AVIF"},
                                                                            {"%PDF-1.7"sv, "PDF"},
                                                                            {"<svg xmlns"sv, "SVG"},
                                                                            {"8BPS\0\1"sv, "Photoshop"},
                                                                            {"P3 1 1 255 0 0 0"sv, "text"},
                                                                            {"hello"sv, "something else"},
                                                                            {""sv, "empty"}}};
    for (const auto& [bytes, name] : cases)
    {
        File file;
        append(file, bytes);
        check_refused(file, name);
    }
}

} // namespace
} // namespace vkseg::pictures::test::formats_test
