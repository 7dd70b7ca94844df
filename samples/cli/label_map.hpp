#pragma once

#include "pictures.hpp"

/// Pictures whose pixels are numbers of classes.
namespace vkseg::cli {

/// A PNG of one channel, or with a palette, whose indices then are the labels (as those of PASCAL VOC): 1 to 8 bits.
Picture read_label_map(const std::filesystem::path& path);
/// A grey PNG of 8 bits.
void write_label_map(const std::filesystem::path& path, const Segmentation& segmentation);

} // namespace vkseg::cli
