#pragma once

#include "pictures/picture.hpp"

#include "vkseg/segment.hpp"

#include <filesystem>

/// Pictures in files, and those that show a segmentation.
namespace vkseg::cli {

using pictures::Picture;

/// Reads the file by pictures::decode_picture() and prints the picture's notes.
Picture read_picture(const std::filesystem::path& path, const pictures::DecodeOptions& options = {});
void write_png(const std::filesystem::path& path, const Picture& picture);
/// One byte a pixel that is an index into the palette.
void write_indexed_png(const std::filesystem::path& path, const Picture& indices, const std::vector<Colour>& palette);

/// The picture with every class laid over it in its colour; black classes are left as they are. Always opaque.
Picture make_overlay(const Picture& picture, const Segmentation& segmentation, const std::vector<Colour>& palette);
/// The picture in one colour where the soft mask says so. Always opaque.
Picture make_soft_overlay(const Picture& picture, const Segmentation& segmentation, Colour colour);
/// RGBA: the picture with its alpha multiplied by the soft mask.
Picture make_cutout(const Picture& picture, const Segmentation& segmentation);

} // namespace vkseg::cli
