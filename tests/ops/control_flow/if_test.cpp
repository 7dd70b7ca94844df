#include "support/subgraphs.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::if_test {

TEST_CASE("control flow: an If takes the branch that its condition selects")
{
    for (const bool condition : {true, false})
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {4});
        const ValueId chosen = graph.add_constant("condition", truth(condition));
        const If op = {.then_branch = function_of(Unary{.kind = UnaryKind::neg}),
                       .else_branch = function_of(Unary{.kind = UnaryKind::relu})};
        graph.outputs = {graph.add_node("chosen", op, {chosen, x})};
        check_equals_reference(graph, {{"x", Tensor::from({4}, {-1, 2, -3, 4})}});
    }
}

TEST_CASE("control flow: an If asks for an extent")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {-1});
    const ValueId shape = graph.add_node("shape", ShapeOf{}, {x});
    const ValueId four = graph.add_constant("four", Tensor::from_integers({1}, {4}));
    const ValueId is_four = graph.add_node("is four", Binary{.kind = BinaryKind::equal}, {shape, four});
    const If op = {.then_branch = function_of(Unary{.kind = UnaryKind::neg}),
                   .else_branch = function_of(Unary{.kind = UnaryKind::relu})};
    graph.outputs = {graph.add_node("chosen", op, {is_four, x})};
    check_equals_reference(graph, {{"x", Tensor::from({4}, {-1, 2, -3, 4})}});
    check_equals_reference(graph, {{"x", Tensor::from({3}, {-1, 2, -3})}});
}

TEST_CASE("control flow: the branch that is not taken may be impossible")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {4});
    const ValueId chosen = graph.add_constant("condition", truth(false));
    const If op = {.then_branch = function_of(Reshape{.kind = ReshapeKind::squeeze, .axes = {0}}),
                   .else_branch = function_of(Unary{.kind = UnaryKind::identity})};
    graph.outputs = {graph.add_node("chosen", op, {chosen, x})};
    check_equals_reference(graph, {{"x", Tensor::from({4}, {1, 2, 3, 4})}});
}

TEST_CASE("control flow: a condition that the device computes is refused, and where it comes from is said")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {4});
    const ValueId mean = graph.add_node("mean", Reduce{.keep_dims = false}, {x});
    const ValueId condition = graph.add_node("condition", Cast{.to = DType::boolean}, {mean});
    const If op = {.then_branch = function_of(Unary{.kind = UnaryKind::neg}),
                   .else_branch = function_of(Unary{.kind = UnaryKind::relu})};
    const ValueId chosen = graph.add_node("chosen", op, {condition, x});
    graph.outputs = {chosen};
    const std::string message = refusal_of(graph);
    CHECK_MESSAGE(message.find("node 'chosen' (If): the condition must be computable when the network is planned") !=
                      std::string::npos,
                  message);
    CHECK_MESSAGE(message.find("'condition' is computed by node 'condition' (Cast) from values that are known only "
                               "when the network runs") != std::string::npos,
                  message);
}

TEST_CASE("control flow: subgraphs that do not fit their node are refused")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {4});
    const ValueId condition = graph.add_constant("condition", truth(true));
    const auto neg = function_of(Unary{.kind = UnaryKind::neg});
    graph.outputs = {graph.add_node("chosen", If{.then_branch = neg, .else_branch = neg}, {condition, x, x})};
    CHECK(refusal_of(graph).find("expected a subgraph with 2 inputs, got one with 1") != std::string::npos);
    graph.nodes[0].op = If{.then_branch = neg};
    graph.nodes[0].inputs = {condition, x};
    CHECK(refusal_of(graph).find("a subgraph is missing") != std::string::npos);
}

} // namespace vkseg::test::if_test
