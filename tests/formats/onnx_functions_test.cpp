#include "formats/onnx/read_onnx.hpp"
#include "support/onnx_writer.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::onnx_functions_test {
namespace {

using namespace onnx;

Result<Graph> read(const Model& model)
{
    auto owner = std::make_shared<const std::string>(model.bytes());
    return read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
}

Bytes call(const std::string& function, const Names& inputs, const Names& outputs,
           const std::vector<Bytes>& attributes = {}, const std::string& name = "call")
{
    return node(function, inputs, outputs, attributes, name, "local");
}

Model model_with(const std::vector<Bytes>& nodes, const std::vector<Function>& functions)
{
    Model model = model_of(nodes);
    Message more;
    for (const Function& function : functions)
        more.text(25, function.bytes());
    model.more_of_model = more.bytes();
    return model;
}

Graph graph_of(const std::vector<Bytes>& nodes, const std::vector<Function>& functions)
{
    Result<Graph> graph = read(model_with(nodes, functions));
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

std::string refusal(const std::vector<Bytes>& nodes, const std::vector<Function>& functions)
{
    return read(model_with(nodes, functions)).status().message();
}

/// x · sigmoid(x).
Function silu()
{
    return {.name = "silu",
            .inputs = {"a"},
            .outputs = {"b"},
            .nodes = {node("Mul", {"a", "s"}, {"b"}), node("Sigmoid", {"a"}, {"s"}, {}, "gate")}};
}

TEST_CASE("onnx functions: a call becomes the nodes of the body, named after the call")
{
    const Graph graph =
        graph_of({call("silu", {"x"}, {"h"}, {}, "first"), call("silu", {"h"}, {"y"}, {}, "second")}, {silu()});
    REQUIRE(graph.nodes.size() == 4);
    CHECK(graph.nodes[0].name == "first/gate");
    CHECK(graph.nodes[3].name == "second/b");
    CHECK(graph.nodes[2].inputs == graph.nodes[1].outputs);
    CHECK(graph.values[graph.nodes[2].inputs[0]].name == "h");
    CHECK(graph.values[graph.outputs[0]].name == "y");
}

TEST_CASE("onnx functions: attributes come from the call, or a default, or are left out")
{
    const Function leaky = {.name = "leaky",
                            .inputs = {"a"},
                            .outputs = {"b"},
                            .attributes = {"slope"},
                            .defaults = {attribute("start", 0.25f)},
                            .nodes = {node("LeakyRelu", {"a"}, {"h"}, {reference("alpha", "slope", 1)}),
                                      node("ThresholdedRelu", {"h"}, {"b"}, {reference("alpha", "start", 1)})}};
    const Function outer = {.name = "outer",
                            .inputs = {"a"},
                            .outputs = {"b"},
                            .attributes = {"s"},
                            .nodes = {call("leaky", {"a"}, {"b"}, {reference("slope", "s", 1)}, "inner")}};
    const Graph graph = graph_of({call("outer", {"x"}, {"h"}, {attribute("s", 0.5f)}, "c"),
                                  call("leaky", {"h"}, {"y"}, {attribute("start", 2.0f)}, "d")},
                                 {leaky, outer});
    REQUIRE(graph.nodes.size() == 4);
    const auto parameter = [&](size_t node) { return std::get<Unary>(graph.nodes[node].op).a; };
    CHECK(graph.nodes[0].name == "c/inner/h");
    CHECK(parameter(0) == 0.5f);
    CHECK(parameter(1) == 0.25f);
    CHECK(parameter(2) == 0.01f); // LeakyRelu's own default
    CHECK(parameter(3) == 2.0f);
}

TEST_CASE("onnx functions: inputs may be left out, and outputs may be inputs or unused")
{
    const Function clip = {.name = "clip",
                           .inputs = {"a", "low", "high"},
                           .outputs = {"same", "b", "strange"},
                           .nodes = {node("Clip", {"a", "low", "high"}, {"b"}), node("Identity", {"a"}, {"same"}),
                                     node("Mystery", {"a"}, {"unused"})}};
    const Function pass = {.name = "pass", .inputs = {"a"}, .outputs = {"a"}, .nodes = {}};
    CHECK(refusal({call("clip", {"x", "", "x"}, {"", "y"})}, {clip}).find("'call/unused' (Mystery): the operator") !=
          std::string::npos);
    Function known = clip;
    known.nodes.pop_back();
    const Graph graph = graph_of({call("clip", {"x", "", "x"}, {"", "y"})}, {known});
    CHECK(graph.nodes[0].inputs[1] == no_value);
    CHECK(refusal({call("clip", {"x"}, {"", "", "y"})}, {known}).find("output 'strange' of the function") !=
          std::string::npos);
    const Graph passed = graph_of({call("pass", {"x"}, {"y"})}, {pass});
    CHECK(passed.values[passed.outputs[0]].name == "y");
}

TEST_CASE("onnx functions: each has its own operator set, domain and overload")
{
    Function softmax = {
        .name = "f", .inputs = {"a"}, .outputs = {"b"}, .nodes = {node("Softmax", {"a"}, {"b"})}, .opset = 11};
    Function other = silu();
    other.name = "f";
    other.overload = "float";
    const Bytes overloaded = call("f", {"x"}, {"h"}) + Message().text(8, "float").bytes();
    const Graph graph = graph_of({overloaded, call("f", {"h"}, {"y"})}, {softmax, other});
    REQUIRE(graph.nodes.size() == 3);
    CHECK(std::get<Softmax>(graph.nodes[2].op).axis == 1); // the default before opset 13
    other.overload.clear();
    CHECK(refusal({call("f", {"x"}, {"y"})}, {softmax, other}).find("function 'f' is defined twice") !=
          std::string::npos);
    softmax.opset = 99;
    CHECK(refusal({call("f", {"x"}, {"y"})}, {softmax}).find("opset 99 is not supported") != std::string::npos);
}

TEST_CASE("onnx functions: bad calls are refused with what is wrong")
{
    const auto says = [](const std::string& message, const std::string& part)
    { CHECK_MESSAGE(message.find(part) != std::string::npos, message); };
    says(refusal({call("nothing", {"x"}, {"y"})}, {silu()}), "node 'call' (nothing): the operator of domain 'local'");
    says(refusal({call("silu", {"x", "x"}, {"y"})}, {silu()}), "function 'silu': expected");
    says(refusal({call("silu", {"x"}, {"y", "z"})}, {silu()}), "function 'silu': expected");
    says(refusal({call("silu", {"x"}, {"y"}, {attribute("k", int64_t(1))})}, {silu()}), "has no attribute 'k'");
    says(refusal({node("LeakyRelu", {"x"}, {"y"}, {reference("alpha", "slope", 1)})}, {}), "is not in a function");
    Function open = silu();
    open.nodes.pop_back();
    says(refusal({call("silu", {"x"}, {"y"})}, {open}), "function 'silu': node 'b' (Mul): input 1 's' is not computed");
}

TEST_CASE("onnx functions: a message names a node inside of calls and subgraphs once, by its path")
{
    Model branch = model_of({node("Add", {"a"}, {"y"}, {}, "sum")});
    branch.inputs.clear();
    const std::vector<Bytes> branches = {graph_attribute("then_branch", branch.graph()),
                                         graph_attribute("else_branch", branch.graph())};
    const Function inner = {
        .name = "inner", .inputs = {"a"}, .outputs = {"b"}, .nodes = {node("If", {"a"}, {"b"}, branches, "if")}};
    const Function outer = {
        .name = "outer", .inputs = {"a"}, .outputs = {"b"}, .nodes = {call("inner", {"a"}, {"b"}, {}, "second")}};
    const std::string message = refusal({call("outer", {"x"}, {"y"}, {}, "first")}, {inner, outer});
    CHECK_MESSAGE(message.starts_with("node 'first/second/if/sum' (Add): expected at least 2 inputs"), message);
}

TEST_CASE("onnx functions: circles, deep calls and small files that become large networks are refused")
{
    const auto calls = [](const std::string& name, const std::string& callee, size_t times)
    {
        Function function = {.name = name, .inputs = {"v0"}, .outputs = {"v" + std::to_string(times)}};
        for (size_t i = 0; i < times; ++i)
            function.nodes.push_back(
                call(callee, {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)}, {}, "n" + std::to_string(i)));
        return function;
    };
    const std::string circle = refusal({call("f", {"x"}, {"y"})}, {calls("f", "g", 1), calls("g", "f", 1)});
    CHECK_MESSAGE(circle.find("in a circle: f → g → f") != std::string::npos, circle);
    std::vector<Function> chain = {silu()};
    for (int i = 0; i < 20; ++i)
        chain.push_back(calls("f" + std::to_string(i), i == 0 ? "silu" : "f" + std::to_string(i - 1), 1));
    CHECK(refusal({call("f19", {"x"}, {"y"})}, chain).find("more than 16 functions call one another") !=
          std::string::npos);
    std::vector<Function> bomb = {silu()};
    for (int i = 0; i < 8; ++i)
        bomb.push_back(calls("f" + std::to_string(i), i == 0 ? "silu" : "f" + std::to_string(i - 1), 10));
    CHECK(refusal({call("f7", {"x"}, {"y"})}, bomb).find("become more than 131072 nodes") != std::string::npos);
}

} // namespace
} // namespace vkseg::test::onnx_functions_test
