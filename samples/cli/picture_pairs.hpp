#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vkseg::cli {

/// A picture of the true labels, and the picture to compare with it.
struct PicturePair
{
    std::filesystem::path truth;
    std::filesystem::path other;
};

struct PicturePairs
{
    std::vector<PicturePair> pairs;
    std::vector<std::filesystem::path> spare; ///< pictures without a truth
};

/// Pairs two files, or the pictures of two folders that have the same name without extension and without a final
/// _labels or _mask. Skips hidden files, subfolders and the pictures that `vkseg segment` writes for people
/// (NAME_overlay.png, NAME_cutout.png). Fails if a truth has no partner or two pictures of a folder share a name.
PicturePairs pair_pictures(const std::filesystem::path& truth, const std::filesystem::path& others);

/// The message about files that have no partner in `others`; names a few of them.
std::string without_partner(const std::vector<std::filesystem::path>& files, const std::filesystem::path& others);

} // namespace vkseg::cli
