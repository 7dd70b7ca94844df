#include "support/subgraphs.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::loop_test {
namespace {

/// (turn, condition, v, x) → (v + x is below 40, v + x, v + turn).
std::shared_ptr<const Graph> summing_body()
{
    Graph graph;
    const ValueId turn = graph.add_input("turn", DType::i64, Shape{});
    graph.add_input("go on", DType::boolean, Shape{});
    const ValueId v = graph.add_input("v", DType::i64, {1});
    const ValueId x = graph.add_input("x", DType::i64, {1});
    const ValueId forty = graph.add_constant("forty", Tensor::from_integers({1}, {40}));
    const ValueId sum = graph.add_node("sum", Binary{}, {v, x});
    const ValueId goes_on = graph.add_node("goes on", Binary{.kind = BinaryKind::less}, {sum, forty});
    graph.outputs = {goes_on, sum, graph.add_node("result", Binary{}, {v, turn})};
    return std::make_shared<const Graph>(std::move(graph));
}

} // namespace

TEST_CASE("control flow: a Loop ends after its number of turns, or with its condition")
{
    for (const int64_t most : {1, 3, 1000})
    {
        CAPTURE(most);
        Graph graph;
        const ValueId turns = graph.add_constant("turns", Tensor::from_integers(Shape{}, {most}));
        const ValueId begin = graph.add_constant("begin", truth(true));
        const ValueId v = graph.add_constant("v", Tensor::from_integers({1}, {0}));
        const ValueId x = graph.add_constant("x", Tensor::from_integers({1}, {7}));
        const ValueId y = graph.add_input("y", DType::f32, {1});
        const ValueId last =
            graph.add_node("loop", Loop{.body = summing_body(), .carried = 1}, {turns, begin, v, x}, 2);
        const ValueId as_float = graph.add_node("as float", Cast{.to = DType::f32}, {last + 1});
        graph.outputs = {last, graph.add_node("shifted", Binary{}, {as_float, y})};
        check_equals_reference(graph, {{"y", Tensor::from({1}, {0.5f})}});
    }
}

TEST_CASE("control flow: a Loop with values of the device takes its number of turns")
{
    Graph graph;
    const ValueId turns = graph.add_constant("turns", Tensor::from_integers(Shape{}, {3}));
    Graph body;
    const ValueId turn = body.add_input("turn", DType::i64, Shape{});
    const ValueId condition = body.add_input("condition", DType::boolean, Shape{});
    const ValueId v = body.add_input("v", DType::f32, {4});
    const ValueId as_float = body.add_node("as float", Cast{.to = DType::f32}, {turn});
    const ValueId sum = body.add_node("sum", Binary{}, {v, as_float});
    body.outputs = {condition, sum, sum};
    const ValueId x = graph.add_input("x", DType::f32, {4});
    const ValueId last = graph.add_node(
        "loop", Loop{.body = std::make_shared<const Graph>(std::move(body)), .carried = 1}, {turns, no_value, x}, 2);
    graph.outputs = {last, last + 1};
    check_equals_reference(graph, {{"x", Tensor::from({4}, {1, 2, 3, 4})}});
}

TEST_CASE("control flow: a Loop without turns returns its variables, but knows no shape of results")
{
    Graph graph;
    const ValueId turns = graph.add_constant("turns", Tensor::from_integers(Shape{}, {0}));
    const ValueId v = graph.add_input("v", DType::i64, {1});
    const ValueId x = graph.add_input("x", DType::i64, {1});
    const ValueId last = graph.add_node("loop", Loop{.body = summing_body(), .carried = 1}, {turns, no_value, v, x}, 2);
    graph.outputs = {last + 1};
    CHECK(refusal_of(graph).find("node 'loop' (Loop): the shape of the results of a loop without turns is not known") !=
          std::string::npos);
}

TEST_CASE("control flow: a Loop without end ends at the bound on memory")
{
    Graph graph;
    Graph body;
    body.add_input("turn", DType::i64, Shape{});
    const ValueId condition = body.add_input("condition", DType::boolean, Shape{});
    const ValueId v = body.add_input("v", DType::f32, {4});
    body.outputs = {condition, body.add_node("neg", Unary{.kind = UnaryKind::neg}, {v})};
    const ValueId x = graph.add_input("x", DType::f32, {4});
    graph.outputs = {graph.add_node("loop", Loop{.body = std::make_shared<const Graph>(std::move(body)), .carried = 1},
                                    {no_value, no_value, x})};
    const std::string message = refusal_of(graph);
    CHECK_MESSAGE(message.find("node 'loop' (Loop)") != std::string::npos, message);
    CHECK_MESSAGE(message.find("turn ") != std::string::npos, message);
}

TEST_CASE("control flow: a number of turns that the device computes is refused")
{
    Graph graph;
    const ValueId y = graph.add_input("y", DType::i64, {1});
    const ValueId turns = graph.add_node("turns", Reduce{.kind = ReduceKind::sum, .keep_dims = false}, {y});
    graph.outputs = {graph.add_node("loop", Loop{.body = summing_body(), .carried = 1}, {turns, no_value, y, y}, 2)};
    CHECK(refusal_of(graph).find("node 'loop' (Loop): the number of turns must be computable when the network is "
                                 "planned") != std::string::npos);
}

} // namespace vkseg::test::loop_test
