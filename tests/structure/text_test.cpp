#include "source_tree.hpp"

#include <doctest/doctest.h>

namespace vkseg::structure::text_test {
namespace {

std::vector<SourceFile> all_text()
{
    const std::vector<std::string> endings = {".cpp", ".hpp",  ".c",  ".h",  ".comp", ".glsl",
                                              ".txt", ".json", ".md", ".sh", ".in"};
    std::vector<SourceFile> files;
    for (const std::string folder : {"include", "lib", "shaders", "samples", "tests", "scripts", "docs"})
    {
        for (SourceFile& file : read_sources(folder, endings))
            files.push_back(std::move(file));
    }
    for (const std::string file : {"README.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json", ".ci/run"})
        files.push_back(read_source(file));
    return files;
}

// Put together from halves, so that this file does not hold what it looks for.
std::string joined(const char* first, const char* second)
{
    return std::string(first) + second;
}

void check_absent(const std::vector<std::string>& words)
{
    for (const SourceFile& file : all_text())
    {
        for (size_t i = 0; i < file.lines.size(); ++i)
        {
            for (const std::string& word : words)
            {
                const bool is_absent = file.lines[i].find(word) == std::string::npos;
                CHECK_MESSAGE(is_absent, file.path << ":" << i + 1 << " has " << word);
            }
        }
    }
}

TEST_CASE("structure: nothing is marked as unfinished")
{
    check_absent({joined("TO", "DO"), joined("FIX", "ME")});
}

TEST_CASE("structure: no path of one machine stands in a file")
{
    check_absent({joined("/ho", "me/"), joined("/ro", "ot/"), joined("/wo", "rk/"), joined("/Us", "ers/")});
}

TEST_CASE("structure: every header is included once at most")
{
    for (const std::string folder : {"include", "lib", "tests"})
    {
        for (const SourceFile& file : read_sources(folder, {".hpp"}))
            CHECK_MESSAGE(file.lines.front() == "#pragma once", file.path);
    }
}

} // namespace
} // namespace vkseg::structure::text_test
