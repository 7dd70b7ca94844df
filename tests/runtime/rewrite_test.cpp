#include "vkseg/session.hpp"

#include "support/check_fusion.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::rewrite_test {

TEST_CASE("rewrite: identities go, and names of outputs stay")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 4, 4});
    const ValueId same = graph.add_node("identity", Unary{}, {x});
    const ValueId cast = graph.add_node("cast", Cast{.to = DType::f16}, {same});
    const ValueId flat = graph.add_node("reshape", Reshape{.shape = {1, 3, 4, 4}}, {cast});
    const ValueId padded = graph.add_node("pad", Pad{.pads = Integers(8, 0)}, {flat});
    const ValueId whole = graph.add_node("slice", Slice{.starts = {0}, .ends = {4}, .axes = {3}}, {padded});
    const ValueId mirrored =
        graph.add_node("mirrored", Slice{.starts = {3}, .ends = {-9}, .axes = {3}, .steps = {-1}}, {whole});
    const ValueId relu = graph.add_node("relu", Unary{.kind = UnaryKind::relu}, {mirrored});
    graph.outputs = {relu, graph.add_node("out", Unary{}, {relu})};
    CHECK(operators_after(graph) == std::vector<std::string>{"Slice", "Relu", "Identity"});
    check_fusion(graph, {1, 3, 4, 4});
}

} // namespace vkseg::test::rewrite_test
