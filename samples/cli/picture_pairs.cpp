#include "picture_pairs.hpp"

#include "common.hpp"

#include <algorithm>
#include <map>

namespace vkseg::cli {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& file)
{
    if (file.filename().string().starts_with('.')) // macOS writes ._NAME beside files on other file systems
        return false;
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    constexpr const char* endings[] = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tga", ".ppm", ".pgm"};
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
    bool has_folders = false;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    {
        std::error_code gone; // set for a dangling link
        has_folders = has_folders || entry.is_directory(gone);
        if (!entry.is_regular_file(gone) || !is_picture(entry.path()))
            continue;
        const auto [found, is_new] = pictures.emplace(name_of(entry.path()), entry.path());
        if (!is_new)
            throw Failure(bad_input, fmt::format("{}: {} and {} have the same name", folder.string(),
                                                 std::min(found->second, entry.path()).filename().string(),
                                                 std::max(found->second, entry.path()).filename().string()));
    }
    if (error)
        throw Failure(bad_input, fmt::format("{}: {}", folder.string(), error.message()));
    if (pictures.empty())
        throw Failure(bad_input, fmt::format("{}: there are no pictures{}", folder.string(),
                                             has_folders ? "; folders in it are not searched" : ""));
    return pictures;
}

} // namespace

std::string without_partner(const std::vector<fs::path>& files, const fs::path& others)
{
    constexpr size_t max_names = 5;
    std::string names;
    for (size_t i = 0; i < std::min(files.size(), max_names); ++i)
        names += (i == 0 ? "" : ", ") + files[i].string();
    if (files.size() == 1)
        return fmt::format("{}: has no partner in {}", names, others.string());
    return fmt::format("{} pictures have no partner in {}: {}{}", files.size(), others.string(), names,
                       files.size() > max_names ? ", ..." : "");
}

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
    std::vector<fs::path> lonely;
    std::map<std::string, fs::path> partners = pictures_of(others);
    for (const auto& [name, file] : pictures_of(truth))
    {
        const auto partner = partners.find(name);
        if (partner == partners.end())
        {
            lonely.push_back(file);
            continue;
        }
        result.pairs.push_back({file, partner->second});
        partners.erase(partner);
    }
    if (!lonely.empty())
        throw Failure(bad_input, without_partner(lonely, others));
    for (const auto& [name, file] : partners)
        result.spare.push_back(file);
    return result;
}

} // namespace vkseg::cli
