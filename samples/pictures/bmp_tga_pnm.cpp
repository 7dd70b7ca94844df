#include "formats.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_ONLY_PNM
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS (1 << 24) // the same limit as check_size()
#include <stb/stb_image.h>

// stb_image decodes BMP, TGA, PGM and PPM. Version 2.27 reads missing bytes as 0 and decodes some forms wrongly,
// without an error. The checks in this file refuse such files before stb_image sees them.
namespace vkseg::pictures {
namespace {

/// Result of a format's checks.
struct Header
{
    int channels = 3;
    size_t file_bytes = 0; ///< Up to and including the last byte that pixels depend on.
};

Status unsupported(const std::string& expected, const std::string& got)
{
    return refused(fmt::format("expected {}, got {}: convert it to PNG", expected, got));
}

Status check_colour(uint32_t index, uint32_t colours)
{
    if (index >= colours)
        return damaged(fmt::format("a pixel has colour {} of a palette of {}", index, colours));
    return {};
}

/// True if the alpha of RGBA pixels carries information. Many programs write 0 everywhere and mean opaque.
bool has_alpha(std::span<const stbi_uc> pixels)
{
    for (size_t i = 3; i < pixels.size(); i += 4)
    {
        if (pixels[i] != pixels[3])
            return true;
    }
    return pixels[3] != 0 && pixels[3] != 255;
}

Result<Picture> decode(Bytes file, const Result<Header>& header)
{
    if (!header.is_ok())
        return header.status();
    if (header->file_bytes > INT_MAX)
        return unsupported("a BMP, TGA, PGM or PPM of up to 2 GiB", fmt::format("{} bytes", header->file_bytes));
    int width = 0, height = 0, file_channels = 0;
    const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> pixels(
        stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(file.data()), int(header->file_bytes), &width, &height,
                              &file_channels, header->channels),
        stbi_image_free);
    if (pixels == nullptr)
        return unsupported("a BMP, TGA, PGM or PPM that stb_image reads", stbi_failure_reason());
    const size_t count = size_t(width) * size_t(height);
    const auto from_channels = size_t(header->channels);
    const bool is_opaque = from_channels == 4 && !has_alpha({pixels.get(), count * 4});
    const size_t channels = is_opaque ? 3 : from_channels;
    Picture picture = make_picture(width, height, int(channels));
    for (size_t i = 0; i < count; ++i)
        std::copy_n(pixels.get() + i * from_channels, channels, picture.pixels.data() + i * channels);
    return picture;
}

// BMP: a file header of 14 bytes, then a header of 40, 108 or 124 bytes.
struct Bmp
{
    uint32_t pixels_at = 0;
    uint32_t header_bytes = 0;
    int64_t width = 0;
    int64_t height = 0;
    uint32_t bits = 0;
    uint32_t compression = 0; ///< 0: none, 3: bit fields.
    uint32_t colours = 0;     ///< 0: as many as the bits can index.

    bool has_mask_of_alpha() const { return compression == 3 && header_bytes > 40; }
    size_t row_bytes() const { return (size_t(width) * bits + 31) / 32 * 4; }
    size_t file_bytes() const { return pixels_at + row_bytes() * size_t(height); }
};

constexpr size_t bmp_masks_at = 54;

/// Refuses headers of 12 and 56 bytes, among others: stb_image leaves four colours unset after a header of 12 bytes,
/// and misses the bit fields inside a header of 56.
Result<Bmp> read_bmp_header(Bytes file)
{
    if (file.size() < 18)
        return cut_short(file);
    const uint32_t header_bytes = little_32(file, 14);
    if (header_bytes != 40 && header_bytes != 108 && header_bytes != 124)
        return unsupported("a BMP with a header of 40, 108 or 124 bytes", std::to_string(header_bytes));
    if (file.size() < 14 + header_bytes)
        return cut_short(file);
    return Bmp{.pixels_at = little_32(file, 10),
               .header_bytes = header_bytes,
               .width = int32_t(little_32(file, 18)),
               .height = std::abs(int64_t(int32_t(little_32(file, 22)))), // negative: top row first
               .bits = little_16(file, 28),
               .compression = little_32(file, 30),
               .colours = little_32(file, 46)};
}

/// Refuses, among others, bit fields that are not contiguous: stb_image decodes them wrongly.
Status check_bmp_form(Bytes file, const Bmp& bmp)
{
    constexpr std::array<uint32_t, 6> known_bits = {1, 4, 8, 16, 24, 32};
    if (std::find(known_bits.begin(), known_bits.end(), bmp.bits) == known_bits.end())
        return unsupported("a BMP of 1, 4, 8, 16, 24 or 32 bits", std::to_string(bmp.bits));
    if (bmp.compression == 0)
        return {};
    if (bmp.compression != 3 || bmp.bits < 16)
        return unsupported("a BMP without compression", "a compressed one");
    const size_t masks = bmp.has_mask_of_alpha() ? 4 : 3;
    if (bmp_masks_at + masks * 4 > file.size())
        return cut_short(file);
    for (size_t i = 0; i < masks; ++i)
    {
        const uint32_t mask = little_32(file, bmp_masks_at + i * 4);
        const int bits = std::popcount(mask);
        const bool is_field = bits <= 8 && bits + std::countl_zero(mask) + std::countr_zero(mask) == 32;
        if (!is_field && !(mask == 0 && i == 3))
            return unsupported("a BMP with bit fields of 1 to 8 adjacent bits", fmt::format("mask {:#010x}", mask));
    }
    return {};
}

/// Checks every index. stb_image takes all bytes between header and pixels as the palette, and reads colours beyond it
/// from uninitialised memory.
Status check_bmp_colours(Bytes file, const Bmp& bmp)
{
    const uint32_t most = 1u << bmp.bits;
    const uint32_t stored = (std::max(bmp.pixels_at, 14 + bmp.header_bytes) - 14 - bmp.header_bytes) / 4;
    const uint32_t colours = std::min({most, stored, bmp.colours == 0 ? most : bmp.colours});
    for (size_t y = 0; y < size_t(bmp.height); ++y)
    {
        const size_t row = bmp.pixels_at + y * bmp.row_bytes();
        for (size_t bit = 0; bit < size_t(bmp.width) * bmp.bits; bit += bmp.bits)
        {
            const uint32_t index = byte_at(file, row + bit / 8) >> (8 - bmp.bits - bit % 8) & (most - 1);
            if (Status status = check_colour(index, colours); !status.is_ok())
                return status;
        }
    }
    return {};
}

Result<Header> check_bmp(Bytes file, int64_t max_pixels)
{
    const Result<Bmp> bmp = read_bmp_header(file);
    if (!bmp.is_ok())
        return bmp.status();
    if (Status status = check_bmp_form(file, *bmp); !status.is_ok())
        return status;
    if (Status status = check_size(bmp->width, bmp->height, max_pixels); !status.is_ok())
        return status;
    if (bmp->file_bytes() > file.size())
        return cut_short(file, bmp->file_bytes());
    if (bmp->bits <= 8)
    {
        if (Status status = check_bmp_colours(file, *bmp); !status.is_ok())
            return status;
    }
    // Without bit fields, only 32-bit pixels hold alpha, although larger headers may give an alpha mask for 16 bits.
    const bool has_alpha =
        bmp->compression == 0 ? bmp->bits == 32 : bmp->has_mask_of_alpha() && little_32(file, bmp_masks_at + 12) != 0;
    return Header{.channels = has_alpha ? 4 : 3, .file_bytes = bmp->file_bytes()};
}

// TGA: a header of 18 bytes, an identifier, a palette and the pixels, plain or as packets of up to 128.
constexpr uint8_t tga_indexed = 1;
constexpr uint8_t tga_colour = 2;
constexpr uint8_t tga_grey = 3;
constexpr uint8_t tga_packed = 8; ///< Added to the type.

bool is_tga_colour(uint32_t bits)
{
    return bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

/// Refuses the forms that stb_image decodes wrongly. stb_image mirrors rows that run from right to left, and takes the
/// index of a palette's first colour as a number of bytes to skip.
Status check_tga_form(Bytes file)
{
    constexpr uint8_t right_first = 0x10;
    constexpr uint8_t interleaved = 0xc0;
    const bool is_indexed = (byte_at(file, 2) & ~tga_packed) == tga_indexed;
    if ((byte_at(file, 17) & (right_first | interleaved)) != 0)
        return unsupported("a TGA with rows in order from left to right", "another order");
    if (is_indexed && little_16(file, 3) != 0)
        return unsupported("a TGA with a palette from colour 0", std::to_string(little_16(file, 3)));
    if (!is_indexed && byte_at(file, 1) != 0)
        return unsupported("a TGA without a palette for its grey or RGB pixels", "a palette");
    return {};
}

/// Number of bytes up to the end of the last pixel. Fails if an index is outside the palette: stb_image replaces it by
/// the first colour.
Result<size_t> find_tga_end(Bytes file)
{
    const bool is_packed = (byte_at(file, 2) & tga_packed) != 0;
    const bool is_indexed = (byte_at(file, 2) & ~tga_packed) == tga_indexed;
    const uint32_t colours = is_indexed ? little_16(file, 5) : 0;
    const size_t pixel_bytes = (byte_at(file, 16) + 7u) / 8;
    size_t at = 18 + byte_at(file, 0) + colours * ((byte_at(file, 7) + 7u) / 8);
    for (size_t left = size_t(little_16(file, 12)) * little_16(file, 14); left > 0;)
    {
        size_t pixels = left;
        size_t stored = left;
        if (is_packed)
        {
            if (at >= file.size())
                return cut_short(file);
            const uint8_t packet = byte_at(file, at++);
            pixels = std::min(left, (packet & 127u) + size_t(1));
            stored = (packet & 128u) != 0 ? 1 : pixels;
        }
        const size_t end = at + stored * pixel_bytes;
        if (end > file.size())
            return cut_short(file, is_packed ? 0 : end);
        for (; is_indexed && at < end; at += pixel_bytes)
        {
            const uint32_t index = pixel_bytes == 1 ? byte_at(file, at) : little_16(file, at);
            if (Status status = check_colour(index, colours); !status.is_ok())
                return status;
        }
        at = end;
        left -= pixels;
    }
    return at;
}

Result<Header> check_tga(Bytes file, int64_t max_pixels)
{
    if (Status status = check_tga_form(file); !status.is_ok())
        return status;
    if (Status status = check_size(little_16(file, 12), little_16(file, 14), max_pixels); !status.is_ok())
        return status;
    const Result<size_t> end = find_tga_end(file);
    if (!end.is_ok())
        return end.status();
    const uint8_t type = byte_at(file, 2) & ~tga_packed;
    const uint8_t bits = byte_at(file, type == tga_indexed ? 7 : 16);
    const bool has_alpha = bits == 32 && (byte_at(file, 17) & 15) == 8;
    return Header{.channels = type == tga_grey ? 1 : has_alpha ? 4 : 3, .file_bytes = *end};
}

// PGM and PPM: "P5" or "P6", width, height and maximum with comments between, one white space, and the samples.
bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t skip_space(Bytes file, size_t at)
{
    bool is_comment = false;
    for (; at < file.size(); ++at)
    {
        const uint8_t c = byte_at(file, at);
        is_comment = (is_comment || c == '#') && c != '\n' && c != '\r';
        if (!is_comment && !is_space(c))
            break;
    }
    return at;
}

/// stb_image does not scale by the maximum, and swaps the two bytes of 16-bit samples on little-endian processors.
Result<Header> check_pnm(Bytes file, int64_t max_pixels)
{
    constexpr int64_t limit = int64_t(1) << 30;
    std::array<int64_t, 3> numbers = {};
    size_t at = 2;
    for (int64_t& number : numbers)
    {
        for (at = skip_space(file, at); at < file.size() && byte_at(file, at) >= '0' && byte_at(file, at) <= '9'; ++at)
            number = std::min(number * 10 + byte_at(file, at) - '0', limit);
    }
    const auto [width, height, maximum] = numbers;
    if (at >= file.size())
        return cut_short(file);
    if (width == 0 || height == 0 || maximum == 0 || !is_space(byte_at(file, at)))
        return damaged("expected width, height and maximum in its header");
    if (maximum != 255)
        return unsupported("a PGM or PPM with the maximum 255", std::to_string(maximum));
    if (Status status = check_size(width, height, max_pixels); !status.is_ok())
        return status;
    const int channels = byte_at(file, 1) == '5' ? 1 : 3;
    const size_t end = at + 1 + size_t(width) * size_t(height) * size_t(channels);
    if (end > file.size())
        return cut_short(file, end);
    return Header{.channels = channels, .file_bytes = end};
}

} // namespace

bool is_tga(Bytes file)
{
    if (file.size() < 18 || byte_at(file, 1) > 1 || little_16(file, 12) == 0 || little_16(file, 14) == 0)
        return false;
    const uint8_t bits = byte_at(file, 16);
    switch (byte_at(file, 2) & ~tga_packed)
    {
    case tga_indexed:
        return byte_at(file, 1) == 1 && (bits == 8 || bits == 16) && is_tga_colour(byte_at(file, 7));
    case tga_colour:
        return is_tga_colour(bits);
    case tga_grey:
        return bits == 8;
    default:
        return false;
    }
}

Result<Picture> decode_bmp(Bytes file, int64_t max_pixels)
{
    return decode(file, check_bmp(file, max_pixels));
}

Result<Picture> decode_tga(Bytes file, int64_t max_pixels)
{
    return decode(file, check_tga(file, max_pixels));
}

Result<Picture> decode_pnm(Bytes file, int64_t max_pixels)
{
    return decode(file, check_pnm(file, max_pixels));
}

} // namespace vkseg::pictures
