#pragma once

#include "vkseg/segment.hpp"

#include <filesystem>

/// Pictures in files, and those that show a segmentation.
namespace vkseg::cli {

struct Picture
{
    int width = 0;
    int height = 0;
    int channels = 3;
    std::vector<uint8_t> pixels; ///< rows without gaps

    ImageView view() const { return {.pixels = pixels.data(), .width = width, .height = height, .channels = channels}; }
};

/// PNG, JPEG, BMP, …, as grey, RGB or RGBA of 8 bits.
Picture read_picture(const std::filesystem::path& path);
/// The same of a file's bytes; messages begin with `who`.
Picture decode_picture(std::span<const std::byte> file, const std::string& who);
void write_png(const std::filesystem::path& path, const Picture& picture);
/// One byte a pixel that is an index into the palette.
void write_indexed_png(const std::filesystem::path& path, const Picture& indices, const std::vector<Colour>& palette);

/// The picture with every class laid over it in its colour; black classes are left as they are.
Picture make_overlay(const Picture& picture, const Segmentation& segmentation, const std::vector<Colour>& palette);
/// The picture in one colour where the soft mask says so.
Picture make_soft_overlay(const Picture& picture, const Segmentation& segmentation, Colour colour);
/// RGBA: the picture with the soft mask as its alpha.
Picture make_cutout(const Picture& picture, const Segmentation& segmentation);

} // namespace vkseg::cli
