#include "writers.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <random>
#include <webp/encode.h>

namespace vkseg::pictures::test {
namespace {

void append_to_png(png_structp png, png_bytep bytes, size_t count)
{
    append(*static_cast<File*>(png_get_io_ptr(png)), std::span<const uint8_t>(bytes, count));
}

int append_to_gif(GifFileType* gif, const GifByteType* bytes, int count)
{
    append(*static_cast<File*>(gif->UserData), std::span<const uint8_t>(bytes, size_t(count)));
    return count;
}

void append_chunk(File& file, std::string_view name, const File& data)
{
    append(file, name);
    append_little(file, uint32_t(data.size()), 4);
    file.insert(file.end(), data.begin(), data.end());
    if (data.size() % 2 != 0)
        append(file, {0});
}

File riff(const File& chunks)
{
    File file;
    append(file, "RIFF");
    append_little(file, uint32_t(chunks.size() + 4), 4);
    append(file, "WEBP");
    file.insert(file.end(), chunks.begin(), chunks.end());
    return file;
}

File extended_header(int flags, const Picture& picture)
{
    File header;
    append_little(header, uint32_t(flags), 4);
    append_little(header, uint32_t(picture.width - 1), 3);
    append_little(header, uint32_t(picture.height - 1), 3);
    return header;
}

/// The chunk of a still picture, without the RIFF header.
File webp_chunk(const Picture& picture, bool is_lossless)
{
    const File file = write_webp(picture, is_lossless);
    return {file.begin() + 12, file.end()};
}

} // namespace

void append(File& file, std::initializer_list<int> bytes)
{
    for (const int byte : bytes)
        file.push_back(std::byte(byte));
}

void append(File& file, std::string_view text)
{
    for (const char c : text)
        file.push_back(std::byte(c));
}

void append(File& file, std::span<const uint8_t> bytes)
{
    const std::span<const std::byte> source = std::as_bytes(bytes);
    file.insert(file.end(), source.begin(), source.end());
}

void append_little(File& file, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; ++i)
        file.push_back(std::byte(uint64_t(value) >> 8 * std::min<size_t>(i, 4) & 255));
}

void append_big(File& file, uint32_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        file.push_back(std::byte(value >> 8 * i & 255));
}

Picture make_noise(int width, int height, int channels, uint32_t seed)
{
    std::minstd_rand generator(seed);
    Picture picture = {.width = width, .height = height, .channels = channels, .pixels = {}};
    for (int i = 0; i < width * height * channels; ++i)
        picture.pixels.push_back(uint8_t(generator() >> 8));
    return picture;
}

Picture make_ramp(int width, int height, int channels)
{
    Picture picture = {.width = width, .height = height, .channels = channels, .pixels = {}};
    for (int y = 0; y < height; ++y)
    {
        for (int x = 0; x < width; ++x)
        {
            const std::array<int, 4> values = {x * 255 / width, y * 255 / height, 90, 255 - x * 100 / width};
            for (int c = 0; c < channels; ++c)
                picture.pixels.push_back(uint8_t(values[size_t(c)]));
        }
    }
    return picture;
}

int max_difference(const Picture& a, const Picture& b)
{
    if (a.width != b.width || a.height != b.height || a.channels != b.channels || a.pixels.size() != b.pixels.size())
        return 256;
    int difference = 0;
    for (size_t i = 0; i < a.pixels.size(); ++i)
        difference = std::max(difference, std::abs(int(a.pixels[i]) - int(b.pixels[i])));
    return difference;
}

File exif(int orientation, bool is_little)
{
    File file;
    append(file, is_little ? "II" : "MM");
    const auto number = [&](int value, size_t bytes)
    {
        if (is_little)
            append_little(file, uint32_t(value), bytes);
        else
            append_big(file, uint32_t(value), bytes);
    };
    number(42, 2);
    number(8, 4);
    number(2, 2); // entries: an unrelated one, then the orientation
    for (const int tag : {271, 274})
    {
        number(tag, 2);
        number(3, 2);
        number(1, 4);
        number(tag == 274 ? orientation : 7, 2);
        number(0, 2);
    }
    number(0, 4);
    return file;
}

File write_png(int width, int height, std::span<const uint8_t> samples, const PngForm& form)
{
    File file;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &file, append_to_png, nullptr);
    png_set_IHDR(png, info, png_uint_32(width), png_uint_32(height), form.bits, form.colour_type,
                 form.is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    std::vector<png_color> palette;
    for (const Colour& colour : form.palette)
        palette.push_back({colour.red, colour.green, colour.blue});
    if (!palette.empty())
        png_set_PLTE(png, info, palette.data(), int(palette.size()));
    png_color_16 transparent = {};
    transparent.gray = png_uint_16(form.transparent_grey);
    if (!form.alphas.empty() || form.transparent_grey >= 0)
        png_set_tRNS(png, info, form.alphas.data(), int(form.alphas.size()), &transparent);
    File exif = form.exif;
    if (!exif.empty())
        png_set_eXIf_1(png, info, png_uint_32(exif.size()), reinterpret_cast<png_bytep>(exif.data()));
    png_set_check_for_invalid_index(png, -1); // some tests write them
    png_write_info(png, info);
    const size_t row_bytes = png_get_rowbytes(png, info);
    std::vector<png_bytep> rows;
    for (size_t y = 0; y < size_t(height); ++y)
        rows.push_back(const_cast<png_bytep>(samples.data() + y * row_bytes));
    png_write_image(png, rows.data());
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return file;
}

File write_jpeg(int width, int height, int channels, std::span<const uint8_t> samples, const JpegForm& form)
{
    jpeg_compress_struct jpeg = {};
    jpeg_error_mgr errors = {};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = JDIMENSION(width);
    jpeg.image_height = JDIMENSION(height);
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 4 ? JCS_CMYK : channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg.arith_code = form.is_arithmetic ? TRUE : FALSE;
    jpeg.restart_in_rows = form.restart_rows;
    jpeg.write_Adobe_marker = form.is_cmyk_of_adobe ? TRUE : FALSE;
    if (form.is_progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (!form.exif.empty())
    {
        File marker;
        append(marker, {'E', 'x', 'i', 'f', 0, 0});
        marker.insert(marker.end(), form.exif.begin(), form.exif.end());
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                          unsigned(marker.size()));
    }
    for (size_t y = 0; y < size_t(height); ++y)
    {
        JSAMPROW row = const_cast<JSAMPROW>(samples.data() + y * size_t(width) * size_t(channels));
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    File file;
    append(file, std::span<const uint8_t>(bytes, size));
    std::free(bytes);
    return file;
}

File write_webp(const Picture& picture, bool is_lossless, const File& exif)
{
    uint8_t* bytes = nullptr;
    const int stride = picture.width * picture.channels;
    const uint8_t* const pixels = picture.pixels.data();
    size_t size = 0;
    if (is_lossless)
        size = picture.channels == 4 ? WebPEncodeLosslessRGBA(pixels, picture.width, picture.height, stride, &bytes)
                                     : WebPEncodeLosslessRGB(pixels, picture.width, picture.height, stride, &bytes);
    else
        size = picture.channels == 4 ? WebPEncodeRGBA(pixels, picture.width, picture.height, stride, 95, &bytes)
                                     : WebPEncodeRGB(pixels, picture.width, picture.height, stride, 95, &bytes);
    File file;
    append(file, std::span<const uint8_t>(bytes, size));
    WebPFree(bytes);
    if (exif.empty())
        return file;
    constexpr int has_exif = 8;
    File chunks;
    append_chunk(chunks, "VP8X", extended_header(has_exif, picture));
    chunks.insert(chunks.end(), file.begin() + 12, file.end());
    append_chunk(chunks, "EXIF", exif);
    return riff(chunks);
}

File write_webp_animation(std::span<const Picture> frames)
{
    constexpr int has_animation = 2;
    File chunks;
    append_chunk(chunks, "VP8X", extended_header(has_animation, frames[0]));
    append_chunk(chunks, "ANIM", File(6));
    for (const Picture& picture : frames)
    {
        File frame;
        append_little(frame, 0, 3); // left and top, halved
        append_little(frame, 0, 3);
        append_little(frame, uint32_t(picture.width - 1), 3);
        append_little(frame, uint32_t(picture.height - 1), 3);
        append_little(frame, 100, 3); // ms
        append(frame, {0});
        const File chunk = webp_chunk(picture, true);
        frame.insert(frame.end(), chunk.begin(), chunk.end());
        append_chunk(chunks, "ANMF", frame);
    }
    return riff(chunks);
}

Colour gif_colour(int index)
{
    return {uint8_t(index * 16), uint8_t(255 - index * 9), uint8_t(index * 5 + 1)};
}

File write_gif(int width, int height, std::span<const uint8_t> indices, const GifForm& form)
{
    File file;
    int error = 0;
    GifFileType* const gif = EGifOpen(&file, append_to_gif, &error);
    EGifSetGifVersion(gif, true);
    std::array<GifColorType, 16> colours = {};
    for (int i = 0; i < 16; ++i)
        colours[size_t(i)] = {gif_colour(i).red, gif_colour(i).green, gif_colour(i).blue};
    ColorMapObject* const map = GifMakeMapObject(16, colours.data());
    EGifPutScreenDesc(gif, form.canvas_width > 0 ? form.canvas_width : width,
                      form.canvas_height > 0 ? form.canvas_height : height, 4, 0, map);
    for (int frame = 0; frame < form.frames; ++frame)
    {
        GraphicsControlBlock graphics = {};
        graphics.TransparentColor = form.transparent;
        std::array<GifByteType, 4> block = {};
        EGifGCBToExtension(&graphics, block.data());
        EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, 4, block.data());
        EGifPutImageDesc(gif, form.left, form.top, width, height, form.is_interlaced, nullptr);
        std::vector<int> rows;
        for (int pass = 0; pass < (form.is_interlaced ? 4 : 1); ++pass)
        {
            constexpr std::array<int, 4> first = {0, 4, 2, 1};
            constexpr std::array<int, 4> step = {8, 8, 4, 2};
            for (int y = form.is_interlaced ? first[size_t(pass)] : 0; y < height;
                 y += form.is_interlaced ? step[size_t(pass)] : 1)
                rows.push_back(y);
        }
        for (const int y : rows)
            EGifPutLine(gif, const_cast<GifPixelType*>(indices.data() + size_t(y) * size_t(width)), width);
    }
    EGifCloseFile(gif, &error);
    GifFreeMapObject(map);
    return file;
}

} // namespace vkseg::pictures::test
