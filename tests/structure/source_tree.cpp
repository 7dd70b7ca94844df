#include "source_tree.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

namespace vkseg::structure {
bool is_name_character(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

const std::filesystem::path& root()
{
    static const std::filesystem::path path = VKSEG_SOURCE_DIR;
    return path;
}

bool exists(const std::string& path)
{
    return std::filesystem::exists(root() / path);
}

SourceFile read_source(const std::string& path)
{
    SourceFile file = {.path = path, .lines = {}};
    std::ifstream stream(root() / path);
    for (std::string line; std::getline(stream, line);)
        file.lines.push_back(line);
    return file;
}

std::vector<SourceFile> read_sources(const std::string& folder, const std::vector<std::string>& endings)
{
    std::vector<SourceFile> files;
    if (!exists(folder))
        return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / folder))
    {
        const std::string path = std::filesystem::relative(entry.path(), root()).generic_string();
        const auto ends = [&](const std::string& ending) { return path.ends_with(ending); };
        if (entry.is_regular_file() && std::any_of(endings.begin(), endings.end(), ends))
            files.push_back(read_source(path));
    }
    std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

std::vector<Include> includes(const SourceFile& file)
{
    std::vector<Include> found;
    for (size_t i = 0; i < file.lines.size(); ++i)
    {
        const std::string& line = file.lines[i];
        const size_t hash = line.find_first_not_of(" \t");
        if (hash == std::string::npos || line[hash] != '#')
            continue;
        const size_t word = line.find_first_not_of(" \t", hash + 1);
        if (word == std::string::npos || line.compare(word, 7, "include") != 0)
            continue;
        const size_t begin = line.find_first_of("\"<", word);
        const size_t end = begin == std::string::npos ? begin : line.find_first_of("\">", begin + 1);
        if (end != std::string::npos)
            found.push_back({line.substr(begin + 1, end - begin - 1), line[begin] == '<', i + 1});
    }
    return found;
}

std::set<std::string> names_after(const SourceFile& file, const std::string& prefix)
{
    std::set<std::string> names;
    for (const std::string& line : file.lines)
    {
        for (size_t at = line.find(prefix); at != std::string::npos; at = line.find(prefix, at + 1))
        {
            const auto begin = line.begin() + static_cast<std::ptrdiff_t>(at + prefix.size());
            const auto end = std::find_if_not(begin, line.end(), is_name_character);
            if (begin != end)
                names.emplace(begin, end);
        }
    }
    return names;
}

std::string stem(const std::string& path)
{
    return std::filesystem::path(path).stem().string();
}

std::string snake_case(const std::string& name)
{
    std::string snake;
    for (const char c : name)
    {
        const bool is_upper = std::isupper(static_cast<unsigned char>(c)) != 0;
        if (is_upper && !snake.empty())
            snake += '_';
        snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return snake;
}

} // namespace vkseg::structure
