#include "runtime/specialize.hpp"
#include "support/check_op.hpp"
#include "support/subgraphs.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::einsum_test {
namespace {

/// Whole numbers, so that sums are exact in any order.
Tensor whole_numbers(const Shape& shape, uint32_t seed)
{
    const std::vector<int64_t> integers = random_integers(shape, -4, 4, seed).to_integers();
    return Tensor::from(shape, std::vector<float>(integers.begin(), integers.end()));
}

struct Case
{
    std::string equation;
    std::vector<Shape> operands;
    size_t products = 0;   ///< matrix products that it takes
    size_t transposes = 0; ///< transposed values that it takes
};

Graph graph_of(const Case& c, const std::vector<Tensor>& operands)
{
    Graph graph;
    std::vector<ValueId> inputs;
    for (size_t i = 0; i < operands.size(); ++i)
        inputs.push_back(graph.add_input("x" + std::to_string(i), operands[i].type(), operands[i].shape()));
    graph.outputs = {graph.add_node("y", Einsum{.equation = c.equation}, inputs)};
    return graph;
}

template <class T>
size_t count_of(const Graph& graph)
{
    return size_t(
        std::ranges::count_if(graph.nodes, [](const Node& node) { return std::holds_alternative<T>(node.op); }));
}

void check(const Case& c)
{
    CAPTURE(c.equation);
    std::vector<Tensor> operands;
    std::vector<NamedTensor> named;
    for (const Shape& shape : c.operands)
    {
        operands.push_back(whole_numbers(shape, uint32_t(1 + operands.size())));
        named.push_back({.name = "x" + std::to_string(named.size()), .tensor = operands.back()});
    }
    const Graph graph = graph_of(c, operands);
    check_equals_reference(graph, named);
    const Result<Graph> planned = specialize(graph);
    REQUIRE_MESSAGE(planned.is_ok(), planned.status().message());
    CHECK(count_of<MatMul>(*planned) == c.products);
    CHECK(count_of<Transpose>(*planned) == c.transposes);
}

std::string refusal_for(const std::string& equation, const std::vector<Tensor>& operands)
{
    return refusal_of(graph_of({.equation = equation, .operands = {}}, operands));
}

} // namespace

TEST_CASE("einsum: products with a sum become matrix products with few transposes")
{
    for (const Case& c : {
             Case{"ij,jk->ik", {{3, 5}, {5, 7}}, 1, 0},
             Case{"ij,jk->ki", {{3, 5}, {5, 7}}, 1, 1},               // the smaller operands are not transposed
             Case{"bqc,bchw->bqhw", {{2, 3, 5}, {2, 5, 3, 2}}, 1, 0}, // masks from queries and pixels
             Case{"bhid,bhjd->bhij", {{2, 3, 5, 4}, {2, 3, 6, 4}}, 1, 1},
             Case{"...ij,...jk->...ik", {{2, 1, 3, 5}, {3, 5, 2}}, 1, 0}, // an ellipsis of two axes and one of one
             Case{"i,i->", {{7}, {7}}, 1, 0},
             Case{"aij,jib->ab", {{2, 3, 4}, {4, 3, 5}}, 1, 1}, // two letters to sum over
             Case{"ab,bc,cd->ad", {{2, 3}, {3, 4}, {4, 5}}, 2, 0}, Case{"ib,bj", {{3, 2}, {2, 4}}, 1, 0}, // no arrow
         })
        check(c);
}

TEST_CASE("einsum: what is no matrix product becomes products and sums of elements")
{
    for (const Case& c : {
             Case{"ij->ji", {{3, 5}}, 0, 1}, Case{"abc->c", {{2, 3, 4}}, 0, 0}, Case{"i,j->ij", {{3}, {4}}, 0, 0},
             Case{"bij,bj->bij", {{2, 3, 4}, {2, 4}}, 0, 0}, Case{"...ii->...i", {{2, 3, 3}}, 0, 0},
             Case{"iji->j", {{3, 2, 3}}, 0, 1},
             Case{"a b , a b -> a b", {{2, 1}, {2, 3}}, 0, 0}, // an extent of 1 broadcasts
             Case{"ij,kj->", {{2, 3}, {4, 3}}, 1, 0},          // sums in each operand first
         })
        check(c);
}

TEST_CASE("einsum: integers are multiplied and summed exactly")
{
    Graph graph;
    const ValueId a = graph.add_input("a", DType::i64, {2, 3});
    const ValueId b = graph.add_input("b", DType::i64, {3, 4});
    graph.outputs = {graph.add_node("y", Einsum{.equation = "ij,jk->ik"}, {a, b})};
    check_equals_reference(
        graph, {{"a", random_integers({2, 3}, -9999, 9999, 1)}, {"b", random_integers({3, 4}, -9999, 9999, 2)}});
}

TEST_CASE("einsum: says what does not fit")
{
    const Tensor x = random({2, 3});
    CHECK(refusal_for("ij,jk->ik", {x}).find("has 2 operands, but the node has 1 input") != std::string::npos);
    CHECK(refusal_for("ijk->i", {x}).find("operand 0 has 2 axes, but its term in 'ijk->i' has 3 letters") !=
          std::string::npos);
    CHECK(refusal_for("ii->i", {x}).find("the extents of 'i' in one operand differ: 2 and 3") != std::string::npos);
    CHECK(refusal_for("ij,ji->", {x, x}).find("the extents of 'j' differ: 3 and 2") != std::string::npos);
    CHECK(refusal_for("ij->k", {x}).find("letters of the operands") != std::string::npos);
    CHECK(refusal_for("ij->ii", {x}).find("letters of the operands") != std::string::npos);
    CHECK(refusal_for("i.j->ij", {x}).find("at most one ellipsis") != std::string::npos);
    CHECK(refusal_for("ij,ij->ij", {x, random_integers({2, 3}, 0, 9)}).find("of one type") != std::string::npos);
}

} // namespace vkseg::test::einsum_test
