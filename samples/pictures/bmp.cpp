#include "formats.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <fmt/format.h>

// Windows' BITMAPFILEHEADER, then a BITMAPCOREHEADER (12 bytes) or a BITMAPINFOHEADER (40 or more): uncompressed pixels
// of 1, 4, 8, 16, 24 or 32 bits, rows padded to 4 bytes, bottom row first unless the height is negative.
namespace vkseg::pictures {
namespace {

constexpr size_t file_header_bytes = 14;
constexpr size_t core_header_bytes = 12;
constexpr size_t info_header_bytes = 40;

enum Compression : uint32_t
{
    rgb = 0,
    bit_fields = 3,
    alpha_bit_fields = 6
};

struct Bmp
{
    size_t header_bytes = 0;
    size_t pixels_at = 0;
    int64_t width = 0;
    int64_t height = 0; ///< Negative: top row first.
    uint32_t bits = 0;
    uint32_t compression = rgb;
    uint32_t colours = 0;               ///< Entries of the palette.
    std::array<uint32_t, 4> masks = {}; ///< Of red, green, blue and alpha.
};

constexpr std::array<uint32_t, 4> masks_of_16 = {0x7c00, 0x03e0, 0x001f, 0};
constexpr std::array<uint32_t, 4> masks_of_24 = {0xff0000, 0xff00, 0xff, 0};
constexpr std::array<uint32_t, 4> masks_of_32 = {0xff0000, 0xff00, 0xff, 0xff000000};

bool is_mask(uint32_t mask)
{
    return mask != 0 && std::popcount(mask) + std::countl_zero(mask) + std::countr_zero(mask) == 32;
}

/// Bit fields follow a header of 40 bytes, and are a part of larger ones.
Status read_masks(Bytes file, Bmp& bmp)
{
    if (bmp.bits == 24)
        bmp.masks = masks_of_24;
    else
        bmp.masks = bmp.bits == 16 ? masks_of_16 : masks_of_32;
    if (bmp.compression == rgb)
        return {};
    const size_t at = file_header_bytes + info_header_bytes;
    const bool has_alpha = bmp.compression == alpha_bit_fields || bmp.header_bytes >= info_header_bytes + 16;
    const size_t count = has_alpha ? 4 : 3;
    if (at + count * 4 > file.size())
        return cut_short(file);
    bmp.masks = {};
    for (size_t i = 0; i < count; ++i)
        bmp.masks[i] = little_32(file, at + i * 4);
    const uint32_t alpha = bmp.masks[3];
    if (!std::all_of(bmp.masks.begin(), bmp.masks.begin() + 3, is_mask) || (alpha != 0 && !is_mask(alpha)))
        return damaged("the bit fields of its colours are no bit fields");
    return {};
}

Status check_bits(const Bmp& bmp)
{
    constexpr std::array<uint32_t, 6> known = {1, 4, 8, 16, 24, 32};
    if (std::find(known.begin(), known.end(), bmp.bits) == known.end())
        return damaged(fmt::format("expected 1, 4, 8, 16, 24 or 32 bits a pixel, got {}", bmp.bits));
    const bool has_fields = bmp.compression == bit_fields || bmp.compression == alpha_bit_fields;
    if (bmp.compression != rgb && !(has_fields && (bmp.bits == 16 || bmp.bits == 32)))
        return refused("expected a BMP without compression, got a compressed one: convert it first");
    return {};
}

Result<Bmp> read_header(Bytes file)
{
    if (file.size() < file_header_bytes + core_header_bytes)
        return cut_short(file);
    Bmp bmp;
    bmp.pixels_at = little_32(file, 10);
    bmp.header_bytes = little_32(file, file_header_bytes);
    const size_t at = file_header_bytes + 4;
    if (bmp.header_bytes == core_header_bytes)
    {
        bmp.width = little_16(file, at);
        bmp.height = little_16(file, at + 2);
        bmp.bits = little_16(file, at + 6);
    }
    else if (bmp.header_bytes >= info_header_bytes && bmp.header_bytes <= 1024)
    {
        if (file.size() < file_header_bytes + bmp.header_bytes)
            return cut_short(file);
        bmp.width = int32_t(little_32(file, at));
        bmp.height = int32_t(little_32(file, at + 4));
        bmp.bits = little_16(file, at + 10);
        bmp.compression = little_32(file, at + 12);
        bmp.colours = little_32(file, at + 28);
    }
    else
        return damaged(fmt::format("its header cannot have {} bytes", bmp.header_bytes));
    if (Status status = check_bits(bmp); !status.is_ok())
        return status;
    if (Status status = read_masks(file, bmp); !status.is_ok())
        return status;
    return bmp;
}

/// RGB of each entry of the palette.
Result<std::vector<std::array<uint8_t, 3>>> read_palette(Bytes file, const Bmp& bmp)
{
    const size_t entry_bytes = bmp.header_bytes == core_header_bytes ? 3 : 4;
    const size_t at = file_header_bytes + bmp.header_bytes;
    const size_t most = size_t(1) << bmp.bits;
    const size_t count = bmp.colours == 0 ? most : std::min<size_t>(bmp.colours, most);
    if (at + count * entry_bytes > file.size())
        return cut_short(file);
    if (at + count * entry_bytes > bmp.pixels_at)
        return damaged(fmt::format("its pixels begin inside its palette of {} colours", count));
    std::vector<std::array<uint8_t, 3>> palette(count);
    for (size_t i = 0; i < count; ++i)
    {
        const size_t entry = at + i * entry_bytes;
        palette[i] = {byte_at(file, entry + 2), byte_at(file, entry + 1), byte_at(file, entry)};
    }
    return palette;
}

uint32_t pixel_at(Bytes row, size_t x, uint32_t bits)
{
    switch (bits)
    {
    case 16:
        return little_16(row, x * 2);
    case 24:
        return little_16(row, x * 3) | uint32_t(byte_at(row, x * 3 + 2)) << 16;
    case 32:
        return little_32(row, x * 4);
    default:
        const size_t first_bit = x * bits;
        return byte_at(row, first_bit / 8) >> (8 - bits - first_bit % 8) & ((1u << bits) - 1);
    }
}

uint8_t field_of(uint32_t pixel, uint32_t mask)
{
    const int shift = std::countr_zero(mask);
    return scaled_to_byte((pixel & mask) >> shift, mask >> shift);
}

/// Rows of the file from the top one on.
class Rows
{
public:
    Rows(Bytes file, const Bmp& bmp)
        : pixels_(file.subspan(bmp.pixels_at))
        , stride_(stride_of(bmp))
        , height_(size_t(std::abs(bmp.height)))
        , is_top_first_(bmp.height < 0)
    {}
    static size_t stride_of(const Bmp& bmp) { return (size_t(bmp.width) * bmp.bits + 31) / 32 * 4; }
    Bytes operator[](size_t y) const
    {
        return pixels_.subspan((is_top_first_ ? y : height_ - 1 - y) * stride_, stride_);
    }

private:
    Bytes pixels_;
    size_t stride_ = 0;
    size_t height_ = 0;
    bool is_top_first_ = false;
};

Result<Picture> read_indexed(Bytes file, const Bmp& bmp)
{
    const Result<std::vector<std::array<uint8_t, 3>>> palette = read_palette(file, bmp);
    if (!palette.is_ok())
        return palette.status();
    Picture picture = make_picture(int(bmp.width), int(std::abs(bmp.height)), 3);
    const Rows rows(file, bmp);
    uint8_t* to = picture.pixels.data();
    for (size_t y = 0; y < size_t(picture.height); ++y)
    {
        for (size_t x = 0; x < size_t(picture.width); ++x)
        {
            const uint32_t index = pixel_at(rows[y], x, bmp.bits);
            if (index >= palette->size())
                return damaged(fmt::format("a pixel has colour {} of a palette of {}", index, palette->size()));
            to = std::copy((*palette)[index].begin(), (*palette)[index].end(), to);
        }
    }
    return picture;
}

/// True if an alpha channel is stored. Many programs leave the fourth byte of 32 bits 0, which means opaque.
bool has_alpha(const Rows& rows, const Bmp& bmp)
{
    for (size_t y = 0; bmp.masks[3] != 0 && y < size_t(std::abs(bmp.height)); ++y)
    {
        for (size_t x = 0; x < size_t(bmp.width); ++x)
        {
            if ((pixel_at(rows[y], x, bmp.bits) & bmp.masks[3]) != 0)
                return true;
        }
    }
    return false;
}

Picture read_colours(Bytes file, const Bmp& bmp)
{
    const Rows rows(file, bmp);
    const size_t channels = has_alpha(rows, bmp) ? 4 : 3;
    Picture picture = make_picture(int(bmp.width), int(std::abs(bmp.height)), int(channels));
    uint8_t* to = picture.pixels.data();
    for (size_t y = 0; y < size_t(picture.height); ++y)
    {
        for (size_t x = 0; x < size_t(picture.width); ++x)
        {
            const uint32_t pixel = pixel_at(rows[y], x, bmp.bits);
            for (size_t c = 0; c < channels; ++c)
                *to++ = field_of(pixel, bmp.masks[c]);
        }
    }
    if (std::any_of(bmp.masks.begin(), bmp.masks.end(), [](uint32_t mask) { return std::popcount(mask) > 8; }))
        picture.notes.emplace_back(rounded_note);
    return picture;
}

} // namespace

Result<Picture> decode_bmp(Bytes file, int64_t max_pixels)
{
    const Result<Bmp> bmp = read_header(file);
    if (!bmp.is_ok())
        return bmp.status();
    if (Status status = check_size(bmp->width, std::abs(bmp->height), max_pixels); !status.is_ok())
        return status;
    const uint64_t needed = bmp->pixels_at + uint64_t(Rows::stride_of(*bmp)) * uint64_t(std::abs(bmp->height));
    if (needed > file.size())
        return cut_short(file, needed);
    if (bmp->pixels_at < file_header_bytes + bmp->header_bytes)
        return damaged("its pixels begin inside its header");
    return bmp->bits <= 8 ? read_indexed(file, *bmp) : read_colours(file, *bmp);
}

} // namespace vkseg::pictures
