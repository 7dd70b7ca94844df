#include "support/check_fusion.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::recognise_attention_test {
namespace {

/// A graph on x [2,6,5,8], as exporters write attention.
struct Network
{
    Graph graph;
    ValueId x = graph.add_input("x", DType::f32, {2, 6, 5, 8});

    ValueId add(const char* name, Op op, std::vector<ValueId> inputs)
    {
        return graph.add_node(name, std::move(op), std::move(inputs));
    }
    ValueId scaled(const char* name, float factor, ValueId value)
    {
        const ValueId number = graph.add_constant(std::string(name) + ".factor", Tensor::from({}, {factor}));
        return add(name, Binary{.kind = BinaryKind::mul}, {value, number});
    }
    ValueId constant(const char* name, const Shape& shape) { return graph.add_constant(name, random(shape, -2, 2)); }
    ValueId function_of_x(const char* name, UnaryKind kind) { return add(name, Unary{.kind = kind}, {x}); }

    bool is_fused(ValueId output)
    {
        graph.outputs = {output};
        check_fusion(graph, {2, 6, 5, 8});
        const std::vector<std::string> names = operators_after(graph);
        return std::ranges::count(names, "ScaledDotProductAttention") == 1 && std::ranges::count(names, "Softmax") == 0;
    }
};

const Transpose swap_matrix_axes = {.permutation = {0, 1, 3, 2}};

} // namespace

TEST_CASE("attention is recognised with a scale of the scores")
{
    Network network;
    const ValueId k = network.add("kt", swap_matrix_axes, {network.function_of_x("k", UnaryKind::tanh)});
    const ValueId scores = network.add("scores", MatMul{}, {network.function_of_x("q", UnaryKind::sigmoid), k});
    const ValueId weights = network.add("weights", Softmax{}, {network.scaled("scaled", 0.35f, scores)});
    const ValueId v = network.function_of_x("v", UnaryKind::sin);
    CHECK(network.is_fused(network.add("y", MatMul{}, {weights, v})));
}

TEST_CASE("attention is recognised with scales of queries and keys, and keys that come transposed")
{
    Network network;
    const ValueId q = network.scaled("q", 0.6f, network.function_of_x("q0", UnaryKind::sigmoid));
    const ValueId heads = network.add("heads", Reshape{.shape = {2, 5, 6, 8}}, {network.x});
    const ValueId k = network.scaled("k", 0.6f, network.add("kt", Transpose{.permutation = {0, 2, 3, 1}}, {heads}));
    const ValueId mask = network.constant("mask", {5, 5});
    const ValueId sum = network.add("sum", Binary{}, {mask, network.add("scores", MatMul{}, {q, k})});
    const ValueId weights = network.add("weights", Softmax{.axis = 3}, {sum});
    CHECK(network.is_fused(network.add("y", MatMul{}, {weights, network.function_of_x("v", UnaryKind::sin)})));
}

TEST_CASE("attention is recognised with a bias of heads and a mask of windows")
{
    Network network;
    const ValueId k = network.add("kt", swap_matrix_axes, {network.function_of_x("k", UnaryKind::tanh)});
    const ValueId q = network.scaled("q", 0.5f, network.function_of_x("q0", UnaryKind::sigmoid));
    const ValueId scores = network.add("scores", MatMul{}, {q, k});
    const ValueId biased = network.add("biased", Binary{}, {scores, network.constant("bias", {1, 6, 5, 5})});
    const ValueId windows = network.add("windows", Reshape{.shape = {1, 2, 6, 5, 5}}, {biased});
    const ValueId masked = network.add("masked", Binary{}, {windows, network.constant("mask", {1, 2, 1, 5, 5})});
    const ValueId whole = network.add("whole", Reshape{.shape = {2, 6, 5, 5}}, {masked});
    const ValueId weights = network.add("weights", Softmax{}, {whole});
    CHECK(network.is_fused(network.add("y", MatMul{}, {weights, network.function_of_x("v", UnaryKind::sin)})));
}

TEST_CASE("attention is left as it is if another node reads the scores, or keys are shared by heads")
{
    Network network;
    const ValueId k = network.add("kt", swap_matrix_axes, {network.function_of_x("k", UnaryKind::tanh)});
    const ValueId q = network.function_of_x("q", UnaryKind::sigmoid);
    const ValueId weights = network.add("weights", Softmax{}, {network.add("scores", MatMul{}, {q, k})});
    const ValueId y = network.add("y", MatMul{}, {weights, network.function_of_x("v", UnaryKind::sin)});
    network.graph.outputs = {y, weights};
    CHECK(std::ranges::count(operators_after(network.graph), "ScaledDotProductAttention") == 0);

    Network shared;
    const ValueId one = shared.constant("k", {1, 1, 8, 5});
    const ValueId same = shared.add("weights", Softmax{}, {shared.add("scores", MatMul{}, {shared.x, one})});
    CHECK_FALSE(shared.is_fused(shared.add("y", MatMul{}, {same, shared.function_of_x("v", UnaryKind::sin)})));
}

} // namespace vkseg::test::recognise_attention_test
