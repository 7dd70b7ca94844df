#pragma once

#include "vkseg/image.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/status.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Decodes picture files, without trusting any byte of them, and encodes PNG files.
namespace vkseg::pictures {

struct Picture
{
    int width = 0;
    int height = 0;
    int channels = 3;               ///< 1: grey, 3: RGB, 4: RGBA with straight alpha.
    std::vector<uint8_t> pixels;    ///< Rows without gaps, top row first.
    std::vector<std::string> notes; ///< Changes made by the reader, such as fewer bits; for people.

    ImageView view() const { return {.pixels = pixels.data(), .width = width, .height = height, .channels = channels}; }
};

/// The formats that decode_picture() reads, for help and messages.
#if VKSEG_MORE_PICTURES
constexpr const char* readable_formats = "PNG, JPEG, WebP, GIF, BMP, TGA, PGM and PPM";
#else
constexpr const char* readable_formats = "PNG, BMP, TGA, PGM and PPM";
#endif

struct DecodeOptions
{
    int64_t max_pixels = 0; ///< 0: default_max_pixels() of the file's size.
};

/// Maximum number of pixels that a file of this many bytes may hold. Solid-colour pictures compress to almost nothing,
/// so small files get a large allowance; photos have more than half a bit per pixel.
constexpr int64_t default_max_pixels(size_t file_bytes)
{
    constexpr int64_t base = int64_t(1) << 26;
    constexpr int64_t limit = int64_t(1) << 28;
    constexpr size_t pixels_per_byte = 16;
    return file_bytes < size_t(limit - base) / pixels_per_byte ? base + int64_t(file_bytes * pixels_per_byte) : limit;
}

/// Decodes a whole picture to 8 bits per channel and turns it upright by its EXIF orientation. Decodes only the first
/// frame of an animation. Colour profiles and gamma are not applied. Fails with invalid_argument if the format or this
/// form of it is not supported, the picture has too many pixels, or any part of it is missing or damaged. Checks the
/// size before allocating memory.
Result<Picture> decode_picture(std::span<const std::byte> file, const DecodeOptions& options = {});

/// Decodes a PNG of 1 to 8 bits whose pixels are class labels: grey samples as stored, or palette indices. Turns it
/// upright like decode_picture().
Result<Picture> decode_labels(std::span<const std::byte> file, const DecodeOptions& options = {});

/// Encodes a grey, RGB or RGBA picture of 8 bits per channel.
std::vector<std::byte> encode_png(const Picture& picture);
/// Encodes a picture of one channel whose pixels are indices into the palette of 1 to 256 colours.
std::vector<std::byte> encode_indexed_png(const Picture& indices, std::span<const Colour> palette);

} // namespace vkseg::pictures
