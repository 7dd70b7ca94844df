#include "vkseg/session.hpp"

#include "support/check_fusion.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"

#include <doctest/doctest.h>

#include <cstring>

namespace vkseg::test::recognise_activations_test {

TEST_CASE("rewrite: activations written out as arithmetic are recognised")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {2, 6, 4, 5});
    const auto unary = [&](UnaryKind kind, ValueId a, float p = 0, float q = 0)
    { return graph.add_node("u", Unary{.kind = kind, .a = p, .b = q}, {a}); };
    const auto binary = [&](BinaryKind kind, ValueId a, ValueId b) {
        return graph.add_node("b", Binary{kind}, {a, b});
    };
    const auto scalar = [&](float value) { return graph.add_constant("scalar", Tensor::from({}, {value})); };
    const auto times = [&](ValueId a, ValueId b) { return binary(BinaryKind::mul, a, b); };
    const auto plus = [&](ValueId a, ValueId b) { return binary(BinaryKind::add, a, b); };
    const auto over = [&](ValueId a, float b) { return binary(BinaryKind::div, a, scalar(b)); };
    const auto clip6 = [&](ValueId a) { return unary(UnaryKind::clip, plus(a, scalar(3)), 0, 6); };
    const auto erf_gate = [&] { return plus(unary(UnaryKind::erf, over(x, 1.41421356f)), scalar(1)); };
    std::vector<std::string> expected;
    SUBCASE("GELU, halved at the end")
    {
        graph.outputs = {times(times(x, erf_gate()), scalar(0.5f))};
        expected = {"Gelu"};
    }
    SUBCASE("GELU, halved at first")
    {
        graph.outputs = {times(times(scalar(0.5f), x), erf_gate())};
        expected = {"Gelu"};
    }
    SUBCASE("GELU by tanh")
    {
        const ValueId cube = binary(BinaryKind::pow, x, scalar(3));
        const ValueId inner = times(plus(x, times(cube, scalar(0.044715f))), scalar(0.79788456f));
        graph.outputs = {times(scalar(0.5f), times(x, plus(scalar(1), unary(UnaryKind::tanh, inner))))};
        expected = {"Gelu"};
    }
    SUBCASE("hard swish, divided at the end")
    {
        graph.outputs = {over(times(x, clip6(x)), 6)};
        expected = {"HardSwish"};
    }
    SUBCASE("hard swish, divided before, and behind a convolution")
    {
        const ValueId weights = graph.add_constant("weights", random({3, 6, 1, 1}));
        const ValueId conv = graph.add_node("conv", Conv{}, {x, weights});
        graph.outputs = {times(over(clip6(conv), 6), conv)};
        expected = {"Conv"};
    }
    SUBCASE("hard swish by a hard sigmoid")
    {
        graph.outputs = {times(x, unary(UnaryKind::hard_sigmoid, x, 1.0f / 6, 0.5f))};
        expected = {"HardSwish"};
    }
    SUBCASE("hard sigmoid")
    {
        graph.outputs = {over(clip6(x), 6)};
        expected = {"HardSigmoid"};
    }
    SUBCASE("Mish")
    {
        graph.outputs = {times(x, unary(UnaryKind::tanh, unary(UnaryKind::softplus, x)))};
        expected = {"Mish"};
    }
    SUBCASE("not with another constant")
    {
        graph.outputs = {over(times(x, clip6(x)), 5)};
        expected = {"Add+Clip+Mul+Div"};
    }
    SUBCASE("not of two values")
    {
        const ValueId other = unary(UnaryKind::abs, x);
        graph.outputs = {over(times(x, clip6(other)), 6)};
        expected = {"Abs+Add+Clip+Mul+Div"};
    }
    SUBCASE("not where something else reads what is between")
    {
        const ValueId clip = clip6(x);
        graph.outputs = {over(times(x, clip), 6), clip};
        expected = {"Add+Clip", "Mul+Div"};
    }
    CHECK(operators_after(graph) == expected);
    check_fusion(graph, {2, 6, 4, 5});
}

TEST_CASE("rewrite: arithmetic of integers is no activation")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::i32, {8});
    const auto constant = [&](int64_t value)
    {
        const ValueId wide = graph.add_constant("c", Tensor::from_integers({}, {value}));
        return graph.add_node("cast", Cast{.to = DType::i32}, {wide});
    };
    const ValueId shifted = graph.add_node("shifted", Binary{BinaryKind::add}, {x, constant(3)});
    const ValueId clipped = graph.add_node("clipped", Unary{.kind = UnaryKind::clip, .a = 0, .b = 6}, {shifted});
    const ValueId gate = graph.add_node("gate", Binary{BinaryKind::div}, {clipped, constant(6)});
    const ValueId product = graph.add_node("product", Binary{BinaryKind::mul}, {x, clipped});
    graph.outputs = {gate, graph.add_node("swish", Binary{BinaryKind::div}, {product, constant(6)})};
    const Tensor input = Tensor::from_bytes(DType::i32, {8},
                                            []
                                            {
                                                const std::vector<int32_t> values = {-5, -3, -1, 0, 1, 2, 3, 100};
                                                std::vector<std::byte> bytes(values.size() * sizeof(int32_t));
                                                std::memcpy(bytes.data(), values.data(), bytes.size());
                                                return bytes;
                                            }());
    const std::vector<NamedTensor> inputs = {{"x", input}};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        Result<Session> session = Session::create(device.device, graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        const Result<RunResult> result = session->run(inputs);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        CHECK(result->outputs[0].tensor.to_integers() == Integers{0, 0, 0, 0, 0, 0, 1, 1});
        CHECK(result->outputs[1].tensor.to_integers() == Integers{0, 0, 0, 0, 0, 1, 3, 100});
        count_check(device.name);
    }
}

} // namespace vkseg::test::recognise_activations_test
