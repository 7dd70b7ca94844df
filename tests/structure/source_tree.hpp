#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

/// The project's own files, read as text.
namespace vkseg::structure {

struct SourceFile
{
    std::string path; ///< relative to the project, with '/'
    std::vector<std::string> lines;
};

struct Include
{
    std::string target;
    bool is_system = false; ///< in <angles>
    size_t line = 0;
};

/// The project that this test was built from.
const std::filesystem::path& root();
bool exists(const std::string& path);

/// Every file below `folder` whose name ends with one of `endings`, sorted by path.
std::vector<SourceFile> read_sources(const std::string& folder, const std::vector<std::string>& endings);
SourceFile read_source(const std::string& path);

std::vector<Include> includes(const SourceFile& file);
/// True for what a name of C++ is made of.
bool is_name_character(char c);
/// What follows `prefix` wherever it stands in the file, as far as it is a name: {"conv"} for "Shader::" in
/// "Shader::conv".
std::set<std::string> names_after(const SourceFile& file, const std::string& prefix);

/// "lib/ops/convolution/conv.cpp" → "conv"
std::string stem(const std::string& path);
/// "ConvTranspose" → "conv_transpose"
std::string snake_case(const std::string& name);

} // namespace vkseg::structure
