#include "vkseg/graph.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::validate_test {
namespace {

/// x → Relu → Add(x) → output.
Graph residual_block()
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 4, 8, 8});
    const ValueId relu = graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {x});
    graph.outputs = {graph.add_node("sum", Binary{}, {relu, x})};
    return graph;
}

std::string problem(const Graph& graph)
{
    return validate(graph).message();
}

} // namespace

TEST_CASE("validate: a sound graph passes")
{
    CHECK(problem(residual_block()).empty());
}

TEST_CASE("validate: names the node that uses a value before it is computed")
{
    Graph graph = residual_block();
    std::swap(graph.nodes[0], graph.nodes[1]);
    CHECK(problem(graph) == "node 'sum' (Add): input 'relu' is used before it is computed");
}

TEST_CASE("validate: refuses ids that no value has")
{
    Graph graph = residual_block();
    graph.nodes[0].inputs[0] = 77;
    CHECK(problem(graph) == "node 'relu' (Relu): input: there is no value with number 77");
    graph = residual_block();
    graph.nodes[0].outputs[0] = 77;
    CHECK(problem(graph) == "node 'relu' (Relu): output: there is no value with number 77");
    graph = residual_block();
    graph.inputs[0] = 77;
    CHECK(problem(graph) == "graph input: there is no value with number 77");
    graph = residual_block();
    graph.outputs[0] = no_value;
    CHECK(problem(graph).find("graph output: there is no value") == 0);
}

TEST_CASE("validate: refuses a value that is computed twice, given twice or never")
{
    Graph graph = residual_block();
    graph.nodes[1].outputs = graph.nodes[0].outputs;
    CHECK(problem(graph) == "node 'sum' (Add): output 'relu' is defined twice");
    graph = residual_block();
    graph.inputs.push_back(graph.inputs[0]);
    CHECK(problem(graph) == "graph input 'x' is defined twice");
    graph = residual_block();
    graph.nodes.pop_back();
    CHECK(problem(graph) == "graph output 'sum' is never computed");
    graph.outputs.clear();
    CHECK(problem(graph) == "the graph has no outputs");
}

TEST_CASE("validate: refuses counts of inputs and outputs that the operator does not take")
{
    Graph graph = residual_block();
    graph.nodes[1].inputs.pop_back();
    CHECK(problem(graph) == "node 'sum' (Add): expected at least 2 inputs, got 1");
    graph = residual_block();
    graph.nodes[0].inputs.resize(4, graph.inputs[0]);
    CHECK(problem(graph) == "node 'relu' (Relu): expected at most 1 input, got 4");
    graph = residual_block();
    graph.nodes[1].inputs[0] = no_value;
    CHECK(problem(graph) == "node 'sum' (Add): input 0 is missing");
    graph = residual_block();
    graph.nodes[0].outputs.clear();
    CHECK(problem(graph) == "node 'relu' (Relu): expected at least 1 output, got 0");
}

TEST_CASE("validate: a convolution with a residual takes one input more")
{
    Graph graph = residual_block();
    const ValueId weights = graph.add_constant("w", Tensor::from({4, 4, 1, 1}, std::vector<float>(16)));
    const ValueId x = graph.inputs[0];
    graph.outputs = {graph.add_node("conv", Conv{.has_residual = true}, {x, weights, no_value, x})};
    CHECK(problem(graph).empty());
    graph.nodes.back().op = Conv{};
    CHECK(problem(graph) == "node 'conv' (Conv): expected at most 3 inputs, got 4");
}

TEST_CASE("op names: operators are called as ONNX calls them")
{
    CHECK(name(Pool{}) == "MaxPool");
    CHECK(name(Pool{.kind = PoolKind::average}) == "AveragePool");
    CHECK(name(Unary{.kind = UnaryKind::hard_swish}) == "HardSwish");
    CHECK(name(Unary{.kind = UnaryKind::logical_not}) == "Not");
    CHECK(name(Binary{.kind = BinaryKind::logical_xor}) == "Xor");
    CHECK(name(Binary{.kind = BinaryKind::prelu}) == "PRelu");
    CHECK(name(Reduce{.kind = ReduceKind::log_sum_exp}) == "ReduceLogSumExp");
    CHECK(name(Softmax{.is_log = true}) == "LogSoftmax");
    CHECK(name(ShapeOf{.is_size = true}) == "Size");
}

} // namespace vkseg::test::validate_test
