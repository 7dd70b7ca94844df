#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vkseg::cli {

/// A picture of labels that are true, and what is to be compared with it.
struct PicturePair
{
    std::filesystem::path truth;
    std::filesystem::path other;
};

struct PicturePairs
{
    std::vector<PicturePair> pairs;
    std::vector<std::filesystem::path> spare; ///< others without a truth
};

/// Two files, or the pictures of two folders by their names: without the ending, and without _labels or _mask at the
/// end. What `vkseg segment` writes for people (NAME_overlay.png, NAME_cutout.png), hidden files and folders within are
/// left out. Fails if a truth has no partner or two pictures of a folder have one name.
PicturePairs pair_pictures(const std::filesystem::path& truth, const std::filesystem::path& others);

/// The message about files that have no partner in `others`; names a few of them.
std::string without_partner(const std::vector<std::filesystem::path>& files, const std::filesystem::path& others);

} // namespace vkseg::cli
