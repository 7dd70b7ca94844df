#include "vkseg/model.hpp"

#include "support/onnx_writer.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vkseg::test::load_model_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* onnx_model = VKSEG_MODEL_DATA "/mask-rcnn-opset11.onnx";
constexpr const char* weights_of_network = VKSEG_ZOO_DATA "/unet-padded.safetensors";

std::shared_ptr<const std::string> contents_of(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    return std::make_shared<const std::string>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

MemoryFile in_memory(const std::shared_ptr<const std::string>& contents)
{
    return {.bytes = std::as_bytes(std::span(*contents)), .owner = contents};
}

/// The graphs have the same nodes and the same constants.
void check_same(const Graph& a, const Graph& b)
{
    REQUIRE(a.nodes.size() == b.nodes.size());
    for (size_t i = 0; i < a.nodes.size(); ++i)
    {
        CHECK(a.nodes[i].name == b.nodes[i].name);
        CHECK(a.nodes[i].inputs == b.nodes[i].inputs);
    }
    REQUIRE(a.values.size() == b.values.size());
    for (size_t i = 0; i < a.values.size(); ++i)
    {
        REQUIRE(a.values[i].constant.has_value() == b.values[i].constant.has_value());
        if (a.values[i].constant)
            CHECK(std::ranges::equal(a.values[i].constant->bytes(), b.values[i].constant->bytes()));
    }
}

} // namespace

TEST_CASE("load model: a file in memory gives the network that the file on disk gives")
{
    for (const char* path : {onnx_model, weights_of_network})
    {
        CAPTURE(path);
        const Result<Graph> from_disk = load_model(path);
        REQUIRE_MESSAGE(from_disk.is_ok(), from_disk.status().message());
        std::shared_ptr<const std::string> contents = contents_of(path);
        const Result<Graph> from_memory = load_model(in_memory(contents));
        REQUIRE_MESSAGE(from_memory.is_ok(), from_memory.status().message());
        check_same(*from_disk, *from_memory);
    }
}

TEST_CASE("load model: a network from memory keeps the bytes alive, and nothing keeps them after it")
{
    std::shared_ptr<const std::string> contents = contents_of(onnx_model);
    const std::weak_ptr<const std::string> watched = contents;
    {
        const Result<Graph> graph = load_model(in_memory(contents));
        REQUIRE(graph.is_ok());
        contents.reset();
        CHECK_FALSE(watched.expired());
        CHECK(specialize(*graph).is_ok());
    }
    CHECK(watched.expired());
}

TEST_CASE("load model: external data comes from a function")
{
    using namespace onnx;
    const Bytes weight = Message()
                             .integers(1, {4})
                             .integer(2, type_f32)
                             .text(8, "w")
                             .text(13, Message().text(1, "location").text(2, "w.bin").bytes())
                             .integer(14, 1)
                             .bytes();
    const std::string bytes = model_of({node("Add", {"x", "w"}, {"y"}, {})}, {weight}).bytes();
    const auto contents = std::make_shared<const std::string>(bytes);
    const auto values = std::make_shared<const std::vector<float>>(std::vector<float>{1, 2, 3, 4});
    std::vector<std::string> asked;
    const Result<Graph> graph =
        load_model(in_memory(contents),
                   [&](const std::string& location) -> Result<MemoryFile>
                   {
                       asked.push_back(location);
                       return MemoryFile{.bytes = std::as_bytes(std::span(*values)), .owner = values};
                   });
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    CHECK(asked == std::vector<std::string>{"w.bin"});
    const std::optional<ValueId> id = graph->find_value("w");
    REQUIRE(id.has_value());
    CHECK(graph->values[*id].constant->to_floats() == *values);

    const Status missing = load_model(in_memory(contents)).status();
    CHECK(missing.code() == StatusCode::io_error);
    CHECK_MESSAGE(missing.message().find("external data: 'w.bin' is needed") != std::string::npos, missing.message());
    const Status failed = load_model(in_memory(contents),
                                     [](const std::string&) -> Result<MemoryFile>
                                     { return Status(StatusCode::io_error, "no such asset"); })
                              .status();
    CHECK(failed.code() == StatusCode::io_error);
    CHECK_MESSAGE(failed.message().find("external data: 'w.bin': no such asset") != std::string::npos,
                  failed.message());
}

TEST_CASE("load model: bytes that are no model are refused")
{
    for (const std::string& bytes :
         {std::string(), std::string("{"), std::string(8, '\0') + "{", std::string(100, 'x')})
    {
        const Status status = load_model({.bytes = std::as_bytes(std::span(bytes))}).status();
        CHECK(status.code() == StatusCode::invalid_model);
    }
}

} // namespace vkseg::test::load_model_test
