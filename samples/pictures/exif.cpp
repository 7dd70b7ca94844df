#include "exif.hpp"

#include <cstring>
#include <string_view>

// Exif 2.32, section 4.6.4: tag 274, a SHORT, in the directory that the TIFF header points to (TIFF 6.0, section 2).
namespace vkseg::pictures {
namespace {

constexpr uint32_t orientation_tag = 274;
constexpr uint32_t short_type = 3;
constexpr size_t entry_bytes = 12;
constexpr int upright = 1;

bool begins_with(Bytes bytes, std::string_view text)
{
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

} // namespace

int exif_orientation(Bytes exif)
{
    using namespace std::string_view_literals;
    if (begins_with(exif, "Exif\0\0"sv))
        exif = exif.subspan(6);
    const bool is_little = begins_with(exif, "II*\0"sv);
    if (exif.size() < 8 || (!is_little && !begins_with(exif, "MM\0*"sv)))
        return upright;
    const auto short_at = [&](size_t at) { return is_little ? little_16(exif, at) : big_16(exif, at); };
    const size_t directory = is_little ? little_32(exif, 4) : big_32(exif, 4);
    if (directory > exif.size() - 2)
        return upright;
    const size_t entries = std::min<size_t>(short_at(directory), (exif.size() - directory - 2) / entry_bytes);
    for (size_t i = 0; i < entries; ++i)
    {
        const size_t entry = directory + 2 + i * entry_bytes;
        if (short_at(entry) != orientation_tag)
            continue;
        const uint32_t orientation = short_at(entry + 8);
        return short_at(entry + 2) == short_type && orientation >= 1 && orientation <= 8 ? int(orientation) : upright;
    }
    return upright;
}

Picture turn_upright(Picture picture, int orientation)
{
    if (orientation == upright)
        return picture;
    const bool is_transposed = orientation >= 5;
    const bool flips_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool flips_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    Picture result = make_picture(is_transposed ? picture.height : picture.width,
                                  is_transposed ? picture.width : picture.height, picture.channels);
    result.notes = std::move(picture.notes);
    const size_t channels = size_t(picture.channels);
    uint8_t* to = result.pixels.data();
    for (int y = 0; y < result.height; ++y)
    {
        for (int x = 0; x < result.width; ++x, to += channels)
        {
            const int row = is_transposed ? x : y;
            const int column = is_transposed ? y : x;
            const size_t from_row = size_t(flips_rows ? picture.height - 1 - row : row);
            const size_t from_column = size_t(flips_columns ? picture.width - 1 - column : column);
            const uint8_t* const from =
                picture.pixels.data() + (from_row * size_t(picture.width) + from_column) * channels;
            for (size_t c = 0; c < channels; ++c)
                to[c] = from[c];
        }
    }
    return result;
}

} // namespace vkseg::pictures
