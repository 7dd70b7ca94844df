#pragma once

#include <array>
#include <cstdint>
#include <span>

/// Conversion between RGB and Y'CbCr of 8 bits (ITU-R BT.601 and BT.709).
namespace vkseg::cli {

enum class YuvMatrix : uint8_t
{
    bt601,
    bt709
};

struct YuvColours
{
    YuvMatrix matrix = YuvMatrix::bt601;
    bool is_full_range = false; ///< 0 to 255; otherwise luma is 16 to 235 and chroma 16 to 240
};

/// Three planes. Each sample of Cb and Cr serves 1 << x_shift by 1 << y_shift pixels.
struct YuvPlanes
{
    int width = 0;
    int height = 0;
    int x_shift = 0;
    int y_shift = 0;

    int chroma_width() const { return (width + (1 << x_shift) - 1) >> x_shift; }
    int chroma_height() const { return (height + (1 << y_shift) - 1) >> y_shift; }
    size_t luma_bytes() const { return size_t(width) * size_t(height); }
    size_t chroma_bytes() const { return size_t(chroma_width()) * size_t(chroma_height()); }
};

class YuvConverter
{
public:
    explicit YuvConverter(const YuvColours& colours);

    /// Planes Y, Cb and Cr without gaps to RGB.
    void to_rgb(const YuvPlanes& planes, std::span<const uint8_t> yuv, std::span<uint8_t> rgb) const;
    /// Luma to grey of 0 to 255.
    void to_grey(std::span<const uint8_t> luma, std::span<uint8_t> grey) const;
    /// RGB to planes Y, Cb and Cr of the same size.
    void from_rgb(std::span<const uint8_t> rgb, std::span<uint8_t> yuv) const;

private:
    // In units of 2^-16.
    std::array<int, 256> luma_ = {};
    std::array<int, 256> red_of_cr_ = {};
    std::array<int, 256> green_of_cr_ = {};
    std::array<int, 256> green_of_cb_ = {};
    std::array<int, 256> blue_of_cb_ = {};
    std::array<std::array<int, 4>, 3> from_rgb_ = {}; // factors of red, green and blue, and what is added
};

} // namespace vkseg::cli
