#include "vkseg/session.hpp"

#include "support/check_fusion.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::fuse_chains_test {

TEST_CASE("rewrite: elementwise operators that follow each other become one")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    const auto unary = [&](UnaryKind kind, ValueId a) { return graph.add_node("u", Unary{.kind = kind}, {a}); };
    const auto binary = [&](BinaryKind kind, ValueId a, ValueId b) {
        return graph.add_node("b", Binary{kind}, {a, b});
    };
    const auto scalar = [&](float value) { return graph.add_constant("scalar", Tensor::from({}, {value})); };
    std::vector<std::string> expected;
    SUBCASE("an input may be read again")
    {
        graph.outputs = {binary(BinaryKind::mul, x, unary(UnaryKind::sigmoid, x))};
        expected = {"Sigmoid+Mul"};
    }
    SUBCASE("constants on either side")
    {
        const ValueId difference = binary(BinaryKind::sub, scalar(1), unary(UnaryKind::exp, x));
        graph.outputs = {binary(BinaryKind::div, difference, scalar(3))};
        expected = {"Exp+Sub+Div"};
    }
    SUBCASE("a scale of channels and an addition")
    {
        const ValueId mean = graph.add_node("mean", Reduce{.all_spatial = true}, {x});
        graph.outputs = {binary(BinaryKind::add, x, binary(BinaryKind::mul, x, unary(UnaryKind::sigmoid, mean)))};
        expected = {"GlobalAveragePool", "Sigmoid", "Mul+Add"};
    }
    SUBCASE("constants of channels")
    {
        const ValueId scale = graph.add_constant("scale", random({6, 1, 1}));
        graph.outputs = {unary(UnaryKind::relu, binary(BinaryKind::mul, scale, x))};
        expected = {"Mul+Relu"};
    }
    SUBCASE("not beyond three inputs")
    {
        ValueId sum = x;
        for (uint32_t i = 0; i < 4; ++i)
            sum = binary(BinaryKind::add, sum, graph.add_constant("c", random({2, 6, 4, 5}, -1, 1, i)));
        graph.outputs = {sum};
        expected = {"Add+Add", "Add+Add"};
    }
    SUBCASE("not beyond six steps")
    {
        ValueId value = x;
        for (int i = 0; i < 7; ++i)
            value = binary(BinaryKind::add, value, scalar(float(i)));
        graph.outputs = {value};
        expected = {"Add+Add+Add+Add+Add+Add", "Add"};
    }
    SUBCASE("not what something else reads")
    {
        const ValueId relu = unary(UnaryKind::relu, x);
        graph.outputs = {unary(UnaryKind::abs, relu), relu};
        expected = {"Relu", "Abs"};
    }
    SUBCASE("not functions that chains do not have")
    {
        graph.outputs = {unary(UnaryKind::abs, unary(UnaryKind::erf, x))};
        expected = {"Erf", "Abs"};
    }
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {2, 6, 4, 5});
}

} // namespace vkseg::test::fuse_chains_test
