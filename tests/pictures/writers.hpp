#pragma once

#include "pictures/picture.hpp"

#include <array>

/// Writes pictures in every format and form that is read, most by the same libraries' encoders.
namespace vkseg::pictures::test {

using File = std::vector<std::byte>;

void append(File& file, std::initializer_list<int> bytes);
void append(File& file, std::string_view text);
void append(File& file, std::span<const uint8_t> bytes);
void append_little(File& file, uint32_t value, size_t bytes);
void append_big(File& file, uint32_t value, size_t bytes);

/// A picture of seeded noise.
Picture make_noise(int width, int height, int channels, uint32_t seed = 1);
/// A picture that lossy formats keep well: a smooth ramp in each channel.
Picture make_ramp(int width, int height, int channels);
int max_difference(const Picture& a, const Picture& b);

/// EXIF data with nothing but an orientation.
File exif(int orientation, bool is_little = true);

struct PngForm
{
    int bits = 8;
    int colour_type = 2; ///< 0: grey, 2: RGB, 3: indexed, 4: grey and alpha, 6: RGBA.
    bool is_interlaced = false;
    std::vector<Colour> palette;
    std::vector<uint8_t> alphas; ///< Of the palette's first entries.
    int transparent_grey = -1;
    File exif;
};
/// `samples` are rows as PNG stores them before filtering.
File write_png(int width, int height, std::span<const uint8_t> samples, const PngForm& form);

struct JpegForm
{
    bool is_progressive = false;
    bool is_arithmetic = false;
    int restart_rows = 0;
    bool is_cmyk_of_adobe = false; ///< Samples of CMYK are marked as Adobe's programs do.
    File exif;
};
/// Grey, RGB or CMYK of 8 bits.
File write_jpeg(int width, int height, int channels, std::span<const uint8_t> samples, const JpegForm& form = {});

File write_webp(const Picture& picture, bool is_lossless, const File& exif = {});
/// An animation whose frames are the pictures.
File write_webp_animation(std::span<const Picture> frames);

struct GifForm
{
    int canvas_width = 0; ///< 0: the frame's
    int canvas_height = 0;
    int left = 0;
    int top = 0;
    bool is_interlaced = false;
    int transparent = -1;
    int frames = 1; ///< All with the same pixels.
};
/// `indices` are of a palette of 16 colours; see gif_colour().
File write_gif(int width, int height, std::span<const uint8_t> indices, const GifForm& form = {});
Colour gif_colour(int index);

} // namespace vkseg::pictures::test
