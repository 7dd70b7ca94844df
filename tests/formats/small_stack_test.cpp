#include "support/small_stack.hpp"

#include "formats/onnx/read_onnx.hpp"
#include "formats/safetensors/header.hpp"
#include "support/onnx_writer.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/session.hpp"
#include "vkseg/zoo.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::small_stack_test {
namespace {

using namespace onnx;

constexpr size_t deep = 50000;

std::string repeated(const std::string& text, size_t times)
{
    std::string result;
    for (size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

std::string value_name(size_t i)
{
    return "v" + std::to_string(i);
}

/// y = Relu(… Relu(x)), the last node first in the file.
Model chain(size_t length)
{
    std::vector<Bytes> nodes;
    for (size_t i = length; i-- > 0;)
        nodes.push_back(node("Relu", {i == 0 ? "x" : value_name(i)}, {i + 1 == length ? "y" : value_name(i + 1)}));
    return model_of(nodes);
}

Result<Graph> read(const Model& model)
{
    auto owner = std::make_shared<const std::string>(model.bytes());
    return read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
}

TEST_CASE("small stack: a description nested deeply anywhere is refused")
{
    for (const std::string before : {"", R"({"title": )", R"({"input": {"size": )", R"({"classes": [)",
                                     R"({"input": {"name": "a\"[", "mean": )", R"({"unknown": )"})
    {
        for (const auto& [open, close] : {std::pair("[", "]"), std::pair(R"({"a":)", "}")})
        {
            for (const std::string middle : {"1", ""})
            {
                const std::string text = before + repeated(open, deep / 2) + middle + repeated(close, deep / 2);
                run_on_small_stack(
                    [&]
                    {
                        const Status status = parse_description(text, "net.json").status();
                        CHECK(status.code() == StatusCode::invalid_model);
                        CHECK(status.message().find("net.json: lists and objects are nested") != std::string::npos);
                    });
            }
        }
    }
}

TEST_CASE("small stack: brackets inside of strings are no nesting")
{
    const std::string text = R"({"title": ")" + repeated("[{\\\"", 1000) + R"("})";
    CHECK(parse_description(text, "net.json").is_ok());
}

TEST_CASE("small stack: a header of safetensors nested deeply is refused")
{
    for (const std::string before : {"", R"({"a": )", R"({"a": {"shape": )", R"({"__metadata__": {"a": )"})
    {
        for (const std::string open : {"[", R"({"a":)"})
        {
            const std::string text = before + repeated(open, deep);
            run_on_small_stack([&] { CHECK_FALSE(parse_safetensors_header(text).is_ok()); });
        }
    }
}

TEST_CASE("small stack: ONNX graphs within each other are refused beyond a depth")
{
    Bytes inner;
    for (size_t depth = 0; depth < 2000; ++depth) // each level repeats the bytes of the one inside
    {
        const Bytes branch = graph_attribute("then_branch", inner);
        inner = Message().text(1, node("If", {"x"}, {"y"}, {branch})).bytes();
    }
    const Model model = model_of({node("If", {"x"}, {"y"}, {graph_attribute("then_branch", inner)})});
    run_on_small_stack(
        [&]
        {
            const Status status = read(model).status();
            CHECK(status.code() == StatusCode::invalid_model);
            CHECK(status.message().find("more than 16 subgraphs within each other") != std::string::npos);
        });
}

TEST_CASE("small stack: a chain of many nodes, the last one first, is read, planned and dropped")
{
    const Model model = chain(10000);
    run_on_small_stack(
        [&]
        {
            const Result<Graph> graph = read(model);
            REQUIRE(graph.is_ok());
            const Result<NetworkSummary> summary = summarize(*graph);
            CHECK_MESSAGE(summary.is_ok(), summary.status().message());
        });
}

TEST_CASE("small stack: a cycle of many nodes is named")
{
    std::vector<Bytes> nodes;
    for (size_t i = 0; i < deep; ++i)
        nodes.push_back(node("Relu", {value_name(i)}, {value_name((i + 1) % deep)}));
    nodes.push_back(node("Relu", {value_name(0)}, {"y"}));
    const Model model = model_of(nodes);
    run_on_small_stack([&] { CHECK(read(model).status().message().find("in a cycle: node 'v") != std::string::npos); });
}

TEST_CASE("small stack: names of the zoo with endless options are refused")
{
    for (const std::string& text : {"unet:" + repeated("width=1,", deep), "unet" + repeated(":", deep)})
        run_on_small_stack([&] { CHECK_FALSE(load_network(text).is_ok()); });
}

} // namespace
} // namespace vkseg::test::small_stack_test
