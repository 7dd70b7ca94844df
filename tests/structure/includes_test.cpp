#include "source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

// Which room may include which: the table of docs/architecture.md.
namespace vkseg::structure::includes_test {
namespace {

const std::vector<std::string> source_endings = {".cpp", ".hpp", ".c", ".h"};

/// "contracts" stands for the headers that shaders share with C++, and the list of shaders generated with them.
struct Room
{
    std::string folder;
    std::vector<std::string> may_include;
};

const std::vector<Room> rooms = {
    {"lib/base", {"base"}},
    {"lib/graph", {"base", "graph"}},
    {"lib/ops", {"base", "graph", "ops", "contracts"}},
    {"lib/build", {"base", "graph", "ops", "build"}},
    {"lib/formats", {"base", "graph", "ops", "build", "formats"}},
    {"lib/zoo", {"base", "graph", "build", "zoo"}},
    {"lib/model", {"base", "graph", "build", "formats", "zoo", "model"}},
    {"lib/reference", {"base", "graph", "ops", "reference"}},
    {"lib/vk", {"base", "vk"}},
    {"lib/runtime", {"base", "graph", "ops", "reference", "vk", "runtime", "contracts"}},
    {"lib/segment", {"base", "graph", "ops", "model", "vk", "runtime", "segment", "contracts"}},
    {"lib/kernel_list", {"base", "graph", "ops", "model", "runtime", "segment", "vk", "kernel_list", "contracts"}},
    {"lib/c", {"base", "graph", "model", "runtime", "segment", "c"}},
    {"shaders", {"contracts"}},
};

/// The room that defines what a public header declares.
const std::map<std::string, std::string> rooms_of_public_headers = {
    {"export", "base"},
    {"log", "base"},
    {"memory_file", "base"},
    {"status", "base"},
    {"trace", "base"},
    {"tensor", "graph"},
    {"operators", "graph"},
    {"graph", "graph"},
    {"weights", "build"},
    {"zoo", "zoo"},
    {"graph_builder", "build"},
    {"model", "model"},
    {"device", "runtime"},
    {"session", "runtime"},
    {"pipeline_statistics", "vk"},
    {"pipelines", "runtime"},
    {"vulkan_types", "vk"},
    {"vulkan_device", "runtime"},
    {"vulkan_memory", "runtime"},
    {"vulkan", "segment"},
    {"image", "segment"},
    {"metrics", "segment"},
    {"calibrate", "runtime"},
    {"segment", "segment"},
    {"instances", "segment"},
    {"coco", "segment"},
    {"instance_metrics", "segment"},
    {"vkseg", "c"},
};

std::string room_of(const std::string& target)
{
    if (target == "shader_list.hpp" || exists("shaders/" + target))
        return "contracts";
    const std::string first = target.substr(0, target.find('/'));
    const auto header = rooms_of_public_headers.find(stem(target));
    return first == "vkseg" && header != rooms_of_public_headers.end() ? header->second : first;
}

bool contains(const std::vector<std::string>& list, const std::string& name)
{
    return std::find(list.begin(), list.end(), name) != list.end();
}

std::string at(const SourceFile& file, const Include& include)
{
    return file.path + ":" + std::to_string(include.line) + " includes " + include.target;
}

bool is_vulkan(const std::string& target)
{
    return target.starts_with("vulkan/") || target.starts_with("vk_");
}

TEST_CASE("structure: includes point from room to room as the table says")
{
    for (const Room& room : rooms)
    {
        for (const SourceFile& file : read_sources(room.folder, source_endings))
        {
            for (const Include& include : includes(file))
            {
                if (!include.is_system)
                    CHECK_MESSAGE(contains(room.may_include, room_of(include.target)), at(file, include));
            }
        }
    }
}

TEST_CASE("structure: every public header belongs to a room")
{
    for (const SourceFile& header : read_sources("include", {".hpp"}))
        CHECK_MESSAGE(rooms_of_public_headers.contains(stem(header.path)), header.path);
}

TEST_CASE("structure: every folder of the library is a room of the table")
{
    for (const auto& entry : std::filesystem::directory_iterator(root() / "lib"))
    {
        const std::string folder = "lib/" + entry.path().filename().string();
        const auto is_it = [&](const Room& room) { return room.folder == folder; };
        if (entry.is_directory())
            CHECK_MESSAGE(std::any_of(rooms.begin(), rooms.end(), is_it), folder);
    }
}

TEST_CASE("structure: only lib/vk, and the app that uses Vulkan itself, see Vulkan's headers")
{
    for (const std::string folder : {"include", "lib", "samples"})
    {
        for (const SourceFile& file : read_sources(folder, source_endings))
        {
            for (const Include& include : includes(file))
            {
                if (!file.path.starts_with("lib/vk/") && !file.path.starts_with("samples/hello_vulkan/"))
                    CHECK_MESSAGE(!is_vulkan(include.target), at(file, include));
            }
        }
    }
}

TEST_CASE("structure: public headers include nothing but the standard library and each other")
{
    for (const SourceFile& file : read_sources("include", source_endings))
    {
        for (const Include& include : includes(file))
        {
            const bool is_standard = include.is_system && include.target.find('/') == std::string::npos;
            CHECK_MESSAGE((is_standard || include.target.starts_with("vkseg/")), at(file, include));
        }
    }
}

TEST_CASE("structure: samples see the public headers, and the reference only to verify by it")
{
    for (const SourceFile& file : read_sources("samples", source_endings))
    {
        const std::filesystem::path folder = std::filesystem::path(file.path).parent_path();
        for (const Include& include : includes(file))
        {
            if (include.is_system || include.target.starts_with("vkseg/"))
                continue;
            const bool is_generated = include.target.ends_with(".inc");
            const bool is_own = is_generated || std::filesystem::exists(root() / folder / include.target) ||
                                std::filesystem::exists(root() / "samples" / include.target);
            const bool is_reference = include.target.starts_with("reference/") && stem(file.path).starts_with("verify");
            CHECK_MESSAGE((is_own || is_reference), at(file, include));
        }
    }
}

} // namespace
} // namespace vkseg::structure::includes_test
