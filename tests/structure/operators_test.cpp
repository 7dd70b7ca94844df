#include "source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>

// One operator is one stem: its file of functions, its kernel, its reference, its test.
namespace vkseg::structure::operators_test {
namespace {

/// Computed when the network is planned, and never on a device.
const std::set<std::string> host_only = {"If",   "Loop", "TensorSequence", "Einsum", "ShapeOf", "ConstantOfShape",
                                         "Range"};

/// The alternatives of `Op`.
std::vector<std::string> operators()
{
    std::string text;
    for (const std::string& line : read_source("include/vkseg/operators.hpp").lines)
        text += line + " ";
    const std::string opening = "std::variant<";
    const size_t declaration = text.find("using OperatorVariant");
    REQUIRE(declaration != std::string::npos);
    const size_t begin = text.find(opening, declaration) + opening.size();
    const size_t end = text.find('>', begin);
    REQUIRE(end != std::string::npos);

    std::vector<std::string> names(1);
    for (const char c : text.substr(begin, end - begin))
    {
        if (c == ',')
            names.emplace_back();
        else if (c != ' ')
            names.back() += c;
    }
    return names;
}

std::set<std::string> names_of_shaders(const SourceFile& file)
{
    std::set<std::string> names = names_after(file, "Shader::");
    names.merge(names_after(file, "ShaderFamily::"));
    return names;
}

/// The shaders that a file names, itself or through the headers of lib/ops that it includes: kernels that operators
/// share are launched from there.
void reach_shaders(const std::string& path, std::set<std::string>& visited, std::set<std::string>& shaders)
{
    if (!exists(path) || !visited.insert(path).second)
        return;
    const SourceFile file = read_source(path);
    shaders.merge(names_of_shaders(file));
    for (const Include& include : includes(file))
    {
        if (!include.target.starts_with("ops/"))
            continue;
        reach_shaders("lib/" + include.target, visited, shaders);
        const std::filesystem::path source = std::filesystem::path("lib/" + include.target).replace_extension(".cpp");
        reach_shaders(source.generic_string(), visited, shaders);
    }
}

/// Path of the file of this name in a folder or in one below it; empty if there is none.
std::string find_below(const std::string& folder, const std::string& name)
{
    for (const SourceFile& file : read_sources(folder, {name}))
    {
        if (file.path.ends_with("/" + name))
            return file.path;
    }
    return {};
}

bool reaches_shader(const std::string& operator_name)
{
    const std::string path = find_below("lib/ops", snake_case(operator_name) + ".cpp");
    std::set<std::string> visited;
    std::set<std::string> shaders;
    reach_shaders(path, visited, shaders);
    return !shaders.empty();
}

TEST_CASE("structure: an operator without a shader would be noticed")
{
    for (const std::string& name : host_only)
        CHECK_MESSAGE(!reaches_shader(name), name);
}

TEST_CASE("structure: the operators are found in their header")
{
    const std::vector<std::string> names = operators();
    CHECK(names.size() >= 32);
    CHECK(names.front() == "Conv");
    CHECK(snake_case("ConvTranspose") == "conv_transpose");
}

TEST_CASE("structure: every operator has its functions, its reference and its test")
{
    for (const std::string& name : operators())
    {
        const std::string stem = snake_case(name);
        const std::string functions = find_below("lib/ops", stem + ".cpp");
        const std::string test = find_below("tests/ops", stem + "_test.cpp");
        CHECK_MESSAGE(!functions.empty(), name);
        CHECK_MESSAGE(!find_below("lib/reference", stem + ".cpp").empty(), name);
        CHECK_MESSAGE(!test.empty(), name);
        const auto family = [](const std::string& path)
        { return std::filesystem::path(path).parent_path().filename().string(); };
        CHECK_MESSAGE(family(functions) == family(test), name);
    }
}

TEST_CASE("structure: every operator that runs on a device reaches a shader")
{
    for (const std::string& name : operators())
    {
        if (!host_only.contains(name))
            CHECK_MESSAGE(reaches_shader(name), name);
    }
}

TEST_CASE("structure: families of shaders are those of operators, and those of the runtime")
{
    std::set<std::string> families = {"shared", "transfer", "calibrate"};
    for (const auto& entry : std::filesystem::directory_iterator(root() / "lib/ops"))
    {
        if (entry.is_directory())
            families.insert(entry.path().filename().string());
    }
    for (const SourceFile& shader : read_sources("shaders", {".comp"}))
        CHECK_MESSAGE(families.contains(std::filesystem::path(shader.path).parent_path().filename().string()),
                      shader.path);
}

TEST_CASE("structure: every shader is named")
{
    std::set<std::string> named;
    for (const SourceFile& file : read_sources("lib", {".cpp", ".hpp"}))
        named.merge(names_of_shaders(file));
    for (const SourceFile& shader : read_sources("shaders", {".comp"}))
        CHECK_MESSAGE(named.contains(stem(shader.path)), shader.path);
}

TEST_CASE("structure: every test of an operator is named after the file that it tests, or begins so")
{
    const std::vector<SourceFile> sources = read_sources("lib/ops", {".cpp", ".hpp"});
    for (const SourceFile& test : read_sources("tests/ops", {"_test.cpp"}))
    {
        const auto is_tested = [&](const SourceFile& source)
        { return stem(test.path).starts_with(stem(source.path) + "_"); };
        CHECK_MESSAGE(std::any_of(sources.begin(), sources.end(), is_tested), test.path);
    }
}

/// Part of a line before its comment, in lower case.
std::string code_of(std::string line)
{
    line.resize(std::min(line.find("//"), line.size()));
    std::ranges::transform(line, line.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return line;
}

bool has_word_that_begins_with(const std::string& text, const std::string& name)
{
    size_t place = text.find(name);
    while (place != std::string::npos && place > 0 && std::isalpha(static_cast<unsigned char>(text[place - 1])))
        place = text.find(name, place + 1);
    return place != std::string::npos;
}

TEST_CASE("structure: operators choose kernels by limits and preferences, not by vendor or kind of device")
{
    const std::vector<std::string> names = {
        "vendor", "device_id", "deviceidentity", "is_software", "is_discrete", "is_integrated", "adreno",
        "mali",   "nvidia",    "radeon",         "llvmpipe",    "lavapipe",    "swiftshader"};
    for (const SourceFile& file : read_sources("lib/ops", {".cpp", ".hpp"}))
    {
        for (size_t i = 0; i < file.lines.size(); ++i)
        {
            const std::string code = code_of(file.lines[i]);
            for (const std::string& name : names)
            {
                const bool asks = has_word_that_begins_with(code, name);
                CHECK_MESSAGE(!asks, file.path << ":" << i + 1 << " asks for " << name << ": see lib/vk/quirks.cpp");
            }
        }
    }
}

} // namespace
} // namespace vkseg::structure::operators_test
