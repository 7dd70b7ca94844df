#pragma once

#include "pictures.hpp"

/// Pictures whose pixels are class numbers.
namespace vkseg::cli {

/// Reads a PNG of 1 to 8 bits: one channel, or a palette whose indices are the labels (like those of PASCAL VOC).
Picture read_label_map(const std::filesystem::path& path);
/// Writes a grey PNG of 8 bits.
void write_label_map(const std::filesystem::path& path, const Segmentation& segmentation);

} // namespace vkseg::cli
