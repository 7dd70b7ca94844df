#include "support/check_fusion.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::cancel_transposes_test {
namespace {

const Shape input = {2, 8, 5, 7};

/// A ConvNeXt block on x [2,8,5,7], with channels last between the transpositions.
struct Block
{
    Graph graph;
    ValueId x = graph.add_input("x", DType::f32, input);
    ValueId normal = no_value;
    ValueId back = no_value;

    Block()
    {
        const ValueId last = add("last", Transpose{.permutation = {0, 2, 3, 1}}, {x});
        normal = add("normal", LayerNormalization{}, {last, constant("scale", {8}), constant("shift", {8})});
        const ValueId wide = product("wide", normal, 8, 20);
        const ValueId narrow = product("narrow", add("gelu", Unary{.kind = UnaryKind::gelu}, {wide}), 20, 8);
        const ValueId scaled = add("scaled", Binary{.kind = BinaryKind::mul}, {constant("gamma", {8}), narrow});
        back = add("back", Transpose{.permutation = {0, 3, 1, 2}}, {scaled});
    }
    ValueId add(const std::string& name, Op op, std::vector<ValueId> inputs)
    {
        return graph.add_node(name, std::move(op), std::move(inputs));
    }
    ValueId constant(const std::string& name, const Shape& shape) { return graph.add_constant(name, random(shape)); }
    ValueId product(const std::string& name, ValueId from, int64_t inputs, int64_t outputs)
    {
        const ValueId sums = add(name + ".product", MatMul{}, {from, constant(name + ".weights", {inputs, outputs})});
        return add(name, Binary{}, {constant(name + ".bias", {outputs}), sums});
    }
    int64_t transposes_with(std::vector<ValueId> outputs)
    {
        graph.outputs = std::move(outputs);
        check_fusion(graph, input);
        return std::ranges::count(operators_after(graph), "Transpose");
    }
};

} // namespace

TEST_CASE("transpositions to channels last and back are dropped")
{
    Block block;
    CHECK(block.transposes_with({block.add("sum", Binary{}, {block.x, block.back})}) == 0);
    Block alone;
    CHECK(alone.transposes_with({alone.back}) == 0);
}

TEST_CASE("transpositions stay if a value between them is read elsewhere")
{
    Block seen;
    CHECK(seen.transposes_with({seen.back, seen.normal}) == 2);
    Block summed;
    const ValueId mean = summed.add("mean", Reduce{.axes = {1}}, {summed.normal});
    CHECK(summed.transposes_with({summed.back, mean}) == 2);
}

TEST_CASE("a tensor that is transposed twice and once back is transposed once")
{
    const Transpose last = {.permutation = {0, 2, 3, 1}};
    const Transpose first = {.permutation = {0, 3, 1, 2}};
    for (const bool has_nodes_between : {false, true})
    {
        Block block;
        ValueId y = block.add("once", last, {block.x});
        y = has_nodes_between ? block.add("relu", Unary{.kind = UnaryKind::relu}, {y}) : y;
        y = block.add("twice", last, {y});
        y = has_nodes_between ? block.add("sin", Unary{.kind = UnaryKind::sin}, {y}) : y;
        CHECK(block.transposes_with({block.add("once back", first, {y})}) == 1);
    }
}

TEST_CASE("transpositions stay if a constant between them varies along several axes")
{
    Block block;
    const ValueId last = block.add("other last", Transpose{.permutation = {0, 2, 3, 1}}, {block.x});
    const ValueId sum = block.add("sum", Binary{}, {last, block.constant("positions", {5, 7, 8})});
    CHECK(block.transposes_with({block.add("other back", Transpose{.permutation = {0, 3, 1, 2}}, {sum})}) == 2);
}

} // namespace vkseg::test::cancel_transposes_test
