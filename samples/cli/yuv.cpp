#include "yuv.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::cli {
namespace {

constexpr int one = 1 << 16;

uint8_t rounded(int value)
{
    return uint8_t(std::clamp((value + one / 2) >> 16, 0, 255));
}

int fixed(double value)
{
    return int(std::lround(value * one));
}

} // namespace

YuvConverter::YuvConverter(const YuvColours& colours)
{
    const double kr = colours.matrix == YuvMatrix::bt709 ? 0.2126 : 0.299;
    const double kb = colours.matrix == YuvMatrix::bt709 ? 0.0722 : 0.114;
    const double kg = 1 - kr - kb;
    const double black_level = colours.is_full_range ? 0 : 16;
    const double luma_range = colours.is_full_range ? 255 : 219;
    const double chroma_range = colours.is_full_range ? 255 : 224;
    for (int i = 0; i < 256; ++i)
    {
        const double chroma = (i - 128) * 255 / chroma_range;
        const auto at = size_t(i);
        luma_[at] = fixed((i - black_level) * 255 / luma_range);
        red_of_cr_[at] = fixed(2 * (1 - kr) * chroma);
        blue_of_cb_[at] = fixed(2 * (1 - kb) * chroma);
        green_of_cr_[at] = fixed(-2 * kr * (1 - kr) / kg * chroma);
        green_of_cb_[at] = fixed(-2 * kb * (1 - kb) / kg * chroma);
    }
    const double y = luma_range / 255;
    const double cb = chroma_range / 255 / (2 * (1 - kb));
    const double cr = chroma_range / 255 / (2 * (1 - kr));
    from_rgb_[0] = {fixed(y * kr), fixed(y * kg), fixed(y * kb), fixed(black_level)};
    from_rgb_[1] = {fixed(-cb * kr), fixed(-cb * kg), fixed(cb * (1 - kb)), fixed(128)};
    from_rgb_[2] = {fixed(cr * (1 - kr)), fixed(-cr * kg), fixed(-cr * kb), fixed(128)};
}

void YuvConverter::to_rgb(const YuvPlanes& planes, std::span<const uint8_t> yuv, std::span<uint8_t> rgb) const
{
    const uint8_t* luma = yuv.data();
    const uint8_t* const all_cb = luma + planes.luma_bytes();
    const uint8_t* const all_cr = all_cb + planes.chroma_bytes();
    uint8_t* to = rgb.data();
    for (int row = 0; row < planes.height; ++row)
    {
        const size_t chroma_row = size_t(row >> planes.y_shift) * size_t(planes.chroma_width());
        const uint8_t* const cb = all_cb + chroma_row;
        const uint8_t* const cr = all_cr + chroma_row;
        for (int column = 0; column < planes.width; ++column, to += 3)
        {
            const int y = luma_[*luma++];
            const uint8_t b = cb[column >> planes.x_shift];
            const uint8_t r = cr[column >> planes.x_shift];
            to[0] = rounded(y + red_of_cr_[r]);
            to[1] = rounded(y + green_of_cr_[r] + green_of_cb_[b]);
            to[2] = rounded(y + blue_of_cb_[b]);
        }
    }
}

void YuvConverter::to_grey(std::span<const uint8_t> luma, std::span<uint8_t> grey) const
{
    std::ranges::transform(luma, grey.begin(), [&](uint8_t y) { return rounded(luma_[y]); });
}

void YuvConverter::from_rgb(std::span<const uint8_t> rgb, std::span<uint8_t> yuv) const
{
    const size_t pixels = rgb.size() / 3;
    for (size_t plane = 0; plane < 3; ++plane)
    {
        const auto [red, green, blue, added] = from_rgb_[plane];
        uint8_t* const to = yuv.data() + plane * pixels;
        for (size_t i = 0; i < pixels; ++i)
            to[i] = rounded(red * rgb[i * 3] + green * rgb[i * 3 + 1] + blue * rgb[i * 3 + 2] + added);
    }
}

} // namespace vkseg::cli
