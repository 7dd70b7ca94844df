#include "formats.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <string_view>

namespace vkseg::pictures {
namespace {

using namespace std::string_view_literals;

using Decoder = Result<Picture> (*)(Bytes file, int64_t max_pixels);

struct Format
{
    std::string_view signature;
    size_t at = 0;
    const char* name = nullptr;
    Decoder decode = nullptr; ///< Null: not read, but known by name.
};

constexpr Format formats[] = {
    {"\x89PNG\r\n\x1a\n"sv, 0, "PNG", decode_png},
#if VKSEG_MORE_PICTURES
    {"\xff\xd8\xff"sv, 0, "JPEG", decode_jpeg},
    {"WEBP"sv, 8, "WebP", decode_webp},
    {"GIF87a"sv, 0, "GIF", decode_gif},
    {"GIF89a"sv, 0, "GIF", decode_gif},
#else
    {"\xff\xd8\xff"sv, 0, "JPEG"},
    {"WEBP"sv, 8, "WebP"},
    {"GIF8"sv, 0, "GIF"},
#endif
    {"BM"sv, 0, "BMP", decode_bmp},
    {"P5"sv, 0, "PGM", decode_pnm},
    {"P6"sv, 0, "PPM", decode_pnm},
    {"II*\0"sv, 0, "TIFF or a camera's raw data"},
    {"MM\0*"sv, 0, "TIFF or a camera's raw data"},
    {"II+\0"sv, 0, "TIFF"},
    {"MM\0+"sv, 0, "TIFF"},
    {"ftypavif"sv, 4, "AVIF"},
    {"ftypavis"sv, 4, "AVIF"},
    {"ftyphei"sv, 4, "HEIC"},
    {"ftyphev"sv, 4, "HEIC"},
    {"ftypmif1"sv, 4, "HEIC or AVIF"},
    {"ftypmsf1"sv, 4, "HEIC or AVIF"},
    {"ftypcrx "sv, 4, "a camera's raw data (CR3)"},
    {"ftyp"sv, 4, "a video"},
    {"\0\0\0\x0cJXL "sv, 0, "JPEG XL"},
    {"\xff\x0a"sv, 0, "JPEG XL"},
    {"\0\0\0\x0cjP  "sv, 0, "JPEG 2000"},
    {"\xff\x4f\xff\x51"sv, 0, "JPEG 2000"},
    {"IIRO"sv, 0, "a camera's raw data (ORF)"},
    {"IIRS"sv, 0, "a camera's raw data (ORF)"},
    {"IIU\0"sv, 0, "a camera's raw data (RW2)"},
    {"FUJIFILM"sv, 0, "a camera's raw data (RAF)"},
    {"8BPS"sv, 0, "a Photoshop document"},
    {"#?RADIANCE"sv, 0, "Radiance HDR"},
    {"#?RGBE"sv, 0, "Radiance HDR"},
    {"v/1\x01"sv, 0, "OpenEXR"},
    {"\0\0\x01\0"sv, 0, "an icon"},
    {"DDS "sv, 0, "DDS"},
    {"qoif"sv, 0, "QOI"},
    {"DICM"sv, 128, "DICOM"},
    {"%PDF"sv, 0, "PDF"},
    {"%!PS"sv, 0, "PostScript"},
    {"<svg"sv, 0, "SVG"},
    {"<?xml"sv, 0, "XML or SVG"},
    {"\x93NUMPY"sv, 0, "a NumPy array"},
    {"P1"sv, 0, "PBM or PNM as text"},
    {"P2"sv, 0, "PBM or PNM as text"},
    {"P3"sv, 0, "PBM or PNM as text"},
    {"P4"sv, 0, "PBM or PNM as text"},
    {"P7"sv, 0, "PAM"},
};

const Format* find_format(Bytes file)
{
    const auto matches = [&](const Format& format)
    {
        const std::string_view text = format.signature;
        return file.size() >= format.at + text.size() &&
               std::memcmp(file.data() + format.at, text.data(), text.size()) == 0;
    };
    const Format* const found = std::find_if(std::begin(formats), std::end(formats), matches);
    return found == std::end(formats) ? nullptr : found;
}

int64_t max_pixels_of(Bytes file, const DecodeOptions& options)
{
    return options.max_pixels > 0 ? options.max_pixels : default_max_pixels(file.size());
}

} // namespace

Status check_size(int64_t width, int64_t height, int64_t max_pixels)
{
    constexpr int64_t max_extent = int64_t(1) << 24; // rows of four channels fit in an int
    if (width < 1 || height < 1 || width > max_extent || height > max_extent)
        return damaged(fmt::format("its size cannot be {}x{}", width, height));
    if (width * height > max_pixels)
        return refused(fmt::format("{}x{} pixels are more than the limit of {}, which 'vkseg segment "
                                   "--max-megapixels {}' raises",
                                   width, height, max_pixels, (width * height + 999'999) / 1'000'000));
    return {};
}

Picture make_picture(int width, int height, int channels)
{
    Picture picture = {.width = width, .height = height, .channels = channels, .pixels = {}};
    picture.pixels.resize(size_t(width) * size_t(height) * size_t(channels));
    return picture;
}

Status refused(std::string message)
{
    return {StatusCode::invalid_argument, std::move(message)};
}

Status damaged(const std::string& reason)
{
    return refused(fmt::format("the picture is damaged: {}", reason));
}

Status cut_short(Bytes file, uint64_t needed)
{
    if (needed > file.size())
        return refused(fmt::format("the picture is cut short: it ends after {} of {} bytes", file.size(), needed));
    return refused(fmt::format("the picture is cut short: it ends after {} bytes", file.size()));
}

Result<Picture> decode_picture(Bytes file, const DecodeOptions& options)
{
    if (file.empty())
        return refused("the file is empty");
    const Format* const format = find_format(file);
    if (format != nullptr && format->decode != nullptr)
        return format->decode(file, max_pixels_of(file, options));
    if (format == nullptr && is_tga(file))
        return decode_tga(file, max_pixels_of(file, options));
    if (format != nullptr)
        return refused(
            fmt::format("expected a picture as {}, got {}: convert it first", readable_formats, format->name));
    return refused(fmt::format("expected a picture as {}, got something else", readable_formats));
}

Result<Picture> decode_labels(Bytes file, const DecodeOptions& options)
{
    const Format* const format = find_format(file);
    if (format == nullptr || format->decode != decode_png)
        return refused(
            fmt::format("expected labels as a PNG, got {}", format == nullptr ? "something else" : format->name));
    return decode_png_labels(file, max_pixels_of(file, options));
}

} // namespace vkseg::pictures
