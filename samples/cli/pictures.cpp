#include "pictures.hpp"

#include "common.hpp"

#include <array>

namespace vkseg::cli {
namespace {

std::array<uint8_t, 3> colour_at(const Picture& picture, size_t pixel)
{
    const uint8_t* const at = picture.pixels.data() + pixel * size_t(picture.channels);
    if (picture.channels == 1)
        return {at[0], at[0], at[0]};
    return {at[0], at[1], at[2]};
}

int alpha_at(const Picture& picture, size_t pixel)
{
    return picture.channels == 4 ? picture.pixels[pixel * 4 + 3] : 255;
}

uint8_t mixed(int from, int to, int share) // share: 0 to 255
{
    return uint8_t((from * (255 - share) + to * share + 127) / 255);
}

} // namespace

Picture read_picture(const std::filesystem::path& path, const pictures::DecodeOptions& options)
{
    Result<Picture> picture = pictures::decode_picture(read_file(path), options);
    require(picture.status().with_context(path.string()));
    for (const std::string& note : picture->notes)
        fmt::print("{}: {}\n", shown(path.string()), note);
    return *std::move(picture);
}

void write_png(const std::filesystem::path& path, const Picture& picture)
{
    write_file(path, pictures::encode_png(picture));
}

void write_indexed_png(const std::filesystem::path& path, const Picture& indices, const std::vector<Colour>& palette)
{
    write_file(path, pictures::encode_indexed_png(indices, palette));
}

Picture make_overlay(const Picture& picture, const Segmentation& segmentation, const std::vector<Colour>& palette)
{
    constexpr int share = 140;
    Picture result = {.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}};
    result.pixels.reserve(segmentation.labels.size() * 3);
    for (size_t i = 0; i < segmentation.labels.size(); ++i)
    {
        const Colour colour = palette[segmentation.labels[i]];
        const int here = colour == Colour{} ? 0 : share;
        const auto [red, green, blue] = colour_at(picture, i);
        result.pixels.push_back(mixed(red, colour.red, here));
        result.pixels.push_back(mixed(green, colour.green, here));
        result.pixels.push_back(mixed(blue, colour.blue, here));
    }
    return result;
}

Picture make_soft_overlay(const Picture& picture, const Segmentation& segmentation, Colour colour)
{
    Picture result = {.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}};
    result.pixels.reserve(segmentation.soft_mask.size() * 3);
    for (size_t i = 0; i < segmentation.soft_mask.size(); ++i)
    {
        const int share = segmentation.soft_mask[i] * 5 / 9;
        const auto [red, green, blue] = colour_at(picture, i);
        result.pixels.push_back(mixed(red, colour.red, share));
        result.pixels.push_back(mixed(green, colour.green, share));
        result.pixels.push_back(mixed(blue, colour.blue, share));
    }
    return result;
}

Picture make_cutout(const Picture& picture, const Segmentation& segmentation)
{
    Picture result = {.width = picture.width, .height = picture.height, .channels = 4, .pixels = {}};
    result.pixels.reserve(segmentation.soft_mask.size() * 4);
    for (size_t i = 0; i < segmentation.soft_mask.size(); ++i)
    {
        const std::array<uint8_t, 3> colour = colour_at(picture, i);
        result.pixels.insert(result.pixels.end(), colour.begin(), colour.end());
        result.pixels.push_back(mixed(0, alpha_at(picture, i), segmentation.soft_mask[i]));
    }
    return result;
}

} // namespace vkseg::cli
