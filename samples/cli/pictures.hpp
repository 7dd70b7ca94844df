#pragma once

#include "pictures/picture.hpp"

#include "vkseg/segment.hpp"

#include <filesystem>

/// Picture files, and pictures that show a segmentation.
namespace vkseg::cli {

using pictures::Picture;

/// Reads the file with pictures::decode_picture() and prints the picture's notes.
Picture read_picture(const std::filesystem::path& path, const pictures::DecodeOptions& options = {});
void write_png(const std::filesystem::path& path, const Picture& picture);
/// Writes one byte per pixel, an index into the palette.
void write_indexed_png(const std::filesystem::path& path, const Picture& indices, const std::vector<Colour>& palette);

/// The picture with every class overlaid in its colour; black classes are not drawn. Always opaque.
Picture make_overlay(const Picture& picture, const Segmentation& segmentation, const std::vector<Colour>& palette);
/// The picture with one colour overlaid by the soft mask. Always opaque.
Picture make_soft_overlay(const Picture& picture, const Segmentation& segmentation, Colour colour);
/// RGBA: the picture with its alpha multiplied by the soft mask.
Picture make_cutout(const Picture& picture, const Segmentation& segmentation);

} // namespace vkseg::cli
