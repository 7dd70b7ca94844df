#include "picture.hpp"

#include <array>
#include <cassert>
#include <new>
#include <png.h>

namespace vkseg::pictures {
namespace {

int colour_type_of(int channels)
{
    if (channels == 1)
        return PNG_COLOR_TYPE_GRAY;
    return channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
}

void append(png_structp png, png_bytep bytes, size_t count)
{
    auto& file = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
    const auto* const first = reinterpret_cast<const std::byte*>(bytes);
    bool is_done = true;
    try
    {
        file.insert(file.end(), first, first + count);
    }
    catch (const std::bad_alloc&)
    {
        is_done = false; // exceptions must not pass through libpng
    }
    if (!is_done)
        png_error(png, "out of memory");
}

/// Owns nothing that needs a destructor, because libpng leaves it by longjmp. False if memory runs out: writing to
/// memory fails in no other way.
bool write(png_structp png, png_infop info, const Picture& picture, std::span<const png_color> palette)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    const bool is_indexed = !palette.empty();
    png_set_IHDR(png, info, png_uint_32(picture.width), png_uint_32(picture.height), 8,
                 is_indexed ? PNG_COLOR_TYPE_PALETTE : colour_type_of(picture.channels), PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (is_indexed)
        png_set_PLTE(png, info, palette.data(), int(palette.size()));
    png_set_compression_level(png, 3);
    png_write_info(png, info);
    const size_t row_bytes = size_t(picture.width) * size_t(picture.channels);
    for (size_t y = 0; y < size_t(picture.height); ++y)
        png_write_row(png, picture.pixels.data() + y * row_bytes);
    png_write_end(png, info);
    return true;
}

std::vector<std::byte> encode(const Picture& picture, std::span<const png_color> palette)
{
    std::vector<std::byte> file;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
    bool is_written = false;
    if (info != nullptr)
    {
        png_set_write_fn(png, &file, append, nullptr);
        is_written = write(png, info, picture, palette);
    }
    png_destroy_write_struct(&png, &info);
    if (!is_written)
        throw std::bad_alloc();
    return file;
}

} // namespace

std::vector<std::byte> encode_png(const Picture& picture)
{
    return encode(picture, {});
}

std::vector<std::byte> encode_indexed_png(const Picture& indices, std::span<const Colour> palette)
{
    assert(!palette.empty() && palette.size() <= 256 && indices.channels == 1);
    std::vector<png_color> colours;
    for (const Colour& colour : palette)
        colours.push_back({colour.red, colour.green, colour.blue});
    return encode(indices, colours);
}

} // namespace vkseg::pictures
