#include "formats.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

// Truevision's TGA file format specification, version 2.0: a header of 18 bytes, an identifier, a palette and the
// pixels, plain or as packets of up to 128.
namespace vkseg::pictures {
namespace {

constexpr size_t header_bytes = 18;
constexpr uint8_t packed_types = 8; ///< added to the type if pixels are packed

enum PixelType : uint8_t
{
    indexed = 1,
    colour = 2,
    grey = 3
};

struct Tga
{
    uint8_t type = 0;
    bool is_packed = false;
    bool has_palette = false;
    size_t palette_at = 0;
    uint32_t palette_first = 0;
    uint32_t palette_count = 0;
    uint32_t palette_bits = 0;
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t bits = 0;
    uint8_t flags = 0;

    size_t pixel_bytes() const { return (bits + 7) / 8; }
    size_t palette_entry_bytes() const { return (palette_bits + 7) / 8; }
    size_t pixels_at() const { return palette_at + (has_palette ? palette_count * palette_entry_bytes() : 0); }
    uint32_t alpha_bits() const { return flags & 15u; }
    bool is_right_first() const { return (flags & 16u) != 0; }
    bool is_top_first() const { return (flags & 32u) != 0; }
    uint32_t colour_bits() const { return type == indexed ? palette_bits : bits; }
    int channels() const
    {
        if (type == grey)
            return 1;
        return colour_bits() == 32 && alpha_bits() == 8 ? 4 : 3;
    }
};

Tga read_header(Bytes file)
{
    Tga tga;
    tga.has_palette = byte_at(file, 1) == 1;
    tga.type = byte_at(file, 2) & 7u;
    tga.is_packed = (byte_at(file, 2) & packed_types) != 0;
    tga.palette_first = little_16(file, 3);
    tga.palette_count = little_16(file, 5);
    tga.palette_bits = byte_at(file, 7);
    tga.width = little_16(file, 12);
    tga.height = little_16(file, 14);
    tga.bits = byte_at(file, 16);
    tga.flags = byte_at(file, 17);
    tga.palette_at = header_bytes + byte_at(file, 0);
    return tga;
}

bool is_colour(uint32_t bits)
{
    return bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

using Pixel = std::array<uint8_t, 4>;

Pixel colour_at(Bytes bytes, size_t at, uint32_t bits)
{
    if (bits <= 16)
    {
        const uint32_t value = little_16(bytes, at);
        return {scaled_to_byte(value >> 10 & 31, 31), scaled_to_byte(value >> 5 & 31, 31),
                scaled_to_byte(value & 31, 31), 255};
    }
    return {byte_at(bytes, at + 2), byte_at(bytes, at + 1), byte_at(bytes, at),
            bits == 32 ? byte_at(bytes, at + 3) : uint8_t(255)};
}

/// Reads pixels one after another as they are stored.
class PixelReader
{
public:
    PixelReader(Bytes file, const Tga& tga) : file_(file), tga_(tga), at_(tga.pixels_at()) {}

    Result<Pixel> next()
    {
        if (tga_.is_packed && left_ == 0)
        {
            if (at_ >= file_.size())
                return cut_short(file_);
            const uint8_t head = byte_at(file_, at_++);
            left_ = (head & 127u) + 1;
            is_run_ = (head & 128u) != 0;
            is_new_ = true;
        }
        if (is_new_ || !is_run_)
        {
            if (tga_.pixel_bytes() > file_.size() - at_)
                return cut_short(file_);
            Result<Pixel> pixel = decode(at_);
            if (!pixel.is_ok())
                return pixel;
            pixel_ = *pixel;
            at_ += tga_.pixel_bytes();
            is_new_ = false;
        }
        left_ -= tga_.is_packed ? 1 : 0;
        return pixel_;
    }

private:
    Result<Pixel> decode(size_t at) const
    {
        if (tga_.type == grey)
        {
            const uint8_t value = byte_at(file_, at);
            return Pixel{value, value, value, 255};
        }
        if (tga_.type == colour)
            return colour_at(file_, at, tga_.bits);
        const uint32_t index = tga_.bits == 8 ? byte_at(file_, at) : little_16(file_, at);
        if (index < tga_.palette_first || index - tga_.palette_first >= tga_.palette_count)
            return damaged(fmt::format("a pixel has colour {} of a palette of {}", index, tga_.palette_count));
        return colour_at(file_, tga_.palette_at + (index - tga_.palette_first) * tga_.palette_entry_bytes(),
                         tga_.palette_bits);
    }

    Bytes file_;
    const Tga& tga_;
    size_t at_ = 0;
    uint32_t left_ = 0; ///< of the packet
    bool is_run_ = false;
    bool is_new_ = false;
    Pixel pixel_ = {};
};

/// The fewest bytes that can hold the file.
uint64_t min_bytes(const Tga& tga)
{
    constexpr uint64_t max_run = 128;
    const uint64_t pixels = uint64_t(tga.width) * tga.height;
    if (tga.is_packed)
        return tga.pixels_at() + (pixels + max_run - 1) / max_run * (1 + tga.pixel_bytes());
    return tga.pixels_at() + pixels * tga.pixel_bytes();
}

} // namespace

bool is_tga(Bytes file)
{
    if (file.size() < header_bytes)
        return false;
    const Tga tga = read_header(file);
    if (byte_at(file, 1) > 1 || (byte_at(file, 2) & ~(packed_types | 3u)) != 0 || tga.width == 0 || tga.height == 0)
        return false;
    switch (tga.type)
    {
    case indexed:
        return tga.has_palette && (tga.bits == 8 || tga.bits == 16) && is_colour(tga.palette_bits);
    case colour:
        return is_colour(tga.bits);
    case grey:
        return tga.bits == 8;
    default:
        return false;
    }
}

Result<Picture> decode_tga(Bytes file, int64_t max_pixels)
{
    const Tga tga = read_header(file);
    if ((tga.flags & 0xc0u) != 0)
        return refused("expected a TGA with its rows in order, got an interleaved one: convert it first");
    if (Status status = check_size(tga.width, tga.height, max_pixels); !status.is_ok())
        return status;
    if (min_bytes(tga) > file.size())
        return cut_short(file, min_bytes(tga));
    Picture picture = make_picture(int(tga.width), int(tga.height), tga.channels());
    PixelReader reader(file, tga);
    for (size_t row = 0; row < tga.height; ++row)
    {
        for (size_t column = 0; column < tga.width; ++column)
        {
            const Result<Pixel> pixel = reader.next();
            if (!pixel.is_ok())
                return pixel.status();
            const size_t x = tga.is_right_first() ? tga.width - 1 - column : column;
            const size_t y = tga.is_top_first() ? row : tga.height - 1 - row;
            std::copy_n(pixel->begin(), picture.channels,
                        picture.pixels.begin() + ptrdiff_t((y * tga.width + x) * size_t(picture.channels)));
        }
    }
    return picture;
}

} // namespace vkseg::pictures
