#include "picture_pairs.hpp"

#include "common.hpp"

#include <algorithm>
#include <map>

namespace vkseg::cli {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& file)
{
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    constexpr const char* endings[] = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tga", ".ppm", ".pgm"};
    const std::string stem = file.stem().string();
    return std::find(std::begin(endings), std::end(endings), ending) != std::end(endings) &&
           !stem.ends_with("_overlay") && !stem.ends_with("_cutout");
}

std::string name_of(const fs::path& file)
{
    std::string name = file.stem().string();
    for (const std::string suffix : {"_labels", "_mask"})
    {
        if (name.size() > suffix.size() && name.ends_with(suffix))
            return name.substr(0, name.size() - suffix.size());
    }
    return name;
}

std::map<std::string, fs::path> pictures_of(const fs::path& folder)
{
    std::map<std::string, fs::path> pictures;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    {
        if (!entry.is_regular_file(error) || !is_picture(entry.path()))
            continue;
        const auto [found, is_new] = pictures.emplace(name_of(entry.path()), entry.path());
        if (!is_new)
            throw Failure(bad_input, fmt::format("{}: {} and {} have one name", folder.string(),
                                                 std::min(found->second, entry.path()).filename().string(),
                                                 std::max(found->second, entry.path()).filename().string()));
    }
    if (error)
        throw Failure(bad_input, fmt::format("{}: {}", folder.string(), error.message()));
    return pictures;
}

} // namespace

PicturePairs pair_pictures(const fs::path& truth, const fs::path& others)
{
    std::error_code error;
    for (const fs::path& path : {truth, others})
    {
        if (!fs::exists(path, error))
            throw Failure(bad_input, fmt::format("{}: there is no such file or folder", path.string()));
    }
    const bool is_folder = fs::is_directory(truth, error);
    if (is_folder != fs::is_directory(others, error))
        throw Failure(bad_input,
                      fmt::format("expected two files or two folders, got {} and {}", truth.string(), others.string()));
    if (!is_folder)
        return {.pairs = {{truth, others}}, .spare = {}};

    PicturePairs result;
    std::map<std::string, fs::path> partners = pictures_of(others);
    for (const auto& [name, file] : pictures_of(truth))
    {
        const auto partner = partners.find(name);
        if (partner == partners.end())
            throw Failure(bad_input, fmt::format("{}: has no partner in {}", file.string(), others.string()));
        result.pairs.push_back({file, partner->second});
        partners.erase(partner);
    }
    if (result.pairs.empty())
        throw Failure(bad_input, fmt::format("{}: there are no pictures", truth.string()));
    for (const auto& [name, file] : partners)
        result.spare.push_back(file);
    return result;
}

} // namespace vkseg::cli
