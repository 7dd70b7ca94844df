#include "ops/movement/copy.hpp"

#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::copy_test {
namespace {

Operand operand(Shape shape, Layout layout)
{
    return {.shape = shape, .layout = layout, .view = packed_view(shape, layout), .is_present = true};
}

/// Runs a graph of one input and one output on a device in turn, in both layouts.
void check_graph(const Graph& graph, const Tensor& x, const Tensor& expected)
{
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const bool linear : {false, true})
        {
            Result<Session> session = Session::create(device.device, graph, {.prefer_linear_layout = linear});
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const NamedTensor input = {"x", x};
            const Result<RunResult> result = session->run({&input, 1});
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(result->outputs[0].tensor.shape() == expected.shape());
            CHECK_MESSAGE(result->outputs[0].tensor.to_floats() == expected.to_floats(), device.name,
                          linear ? ", linear" : ", blocked");
            count_check(device.name);
        }
    }
}

/// A chain of nodes, which the reference computes one by one.
void check_chain(const std::vector<Op>& ops, const Tensor& x)
{
    Graph graph;
    ValueId last = graph.add_input("x", x.type(), x.shape());
    Tensor expected = x;
    for (size_t i = 0; i < ops.size(); ++i)
    {
        last = graph.add_node("node" + std::to_string(i), ops[i], {last});
        const Tensor* arguments[] = {&expected};
        const Result<reference::Tensors> results = reference::evaluate(ops[i], arguments);
        REQUIRE_MESSAGE(results.is_ok(), results.status().message());
        expected = Tensor(results->front());
    }
    graph.outputs = {last};
    check_graph(graph, x, expected);
}

} // namespace

TEST_CASE("copy: slices of channels that are views feed every kind of move")
{
    const Tensor x = random({2, 13, 4, 6});
    const Slice view = {.starts = {4}, .ends = {12}, .axes = {1}};
    for (const Op& op :
         {Op(Transpose{.permutation = {0, 2, 3, 1}}), Op(Transpose{.permutation = {1, 0, 2, 3}}),
          Op(Slice{.starts = {1, 1}, .ends = {7, 5}, .axes = {1, 3}}), Op(Pad{.pads = {0, 0, 1, 1, 0, 1, 0, 1}}),
          Op(Reshape{.shape = {2, 4, 2, 24}}), Op(Reshape{.shape = {16, 24}}), Op(Tile{.repeats = {1, 2, 1, 2}}),
          Op(DepthToSpace{.block_size = 2}), Op(SpaceToDepth{.block_size = 2}), Op(Expand{.shape = {2, 2, 8, 4, 6}}),
          Op(Unary{.kind = UnaryKind::neg})})
        check_chain({Unary{.kind = UnaryKind::abs}, view, op}, x);
}

TEST_CASE("copy: ranks without channels lie row-major, and change places with blocked ones")
{
    check_chain({Reshape{.shape = {2, 12, 2, 3, 2}}, Transpose{.permutation = {0, 2, 1, 3, 4}},
                 Reshape{.shape = {2, 2, 1, 12, 3, 2}}, Transpose{.permutation = {1, 0, 3, 2, 5, 4}},
                 Reshape{.shape = {4, 12, 6}}, Unary{.kind = UnaryKind::abs}},
                random({2, 12, 6, 2}));
}

TEST_CASE("copy: a gather of one index that is constant is a slice in any layout")
{
    for (const int64_t axis : {0, 1, 2, 3})
    {
        for (const Shape& indices : {Shape{}, Shape{1}})
        {
            const Tensor x = random({2, 5, 3, 4});
            const Tensor index = Tensor::from_integers(indices, {-1});
            Graph graph;
            const ValueId input = graph.add_input("x", DType::f32, x.shape());
            const ValueId constant = graph.add_constant("index", index);
            graph.outputs = {graph.add_node("gather", Gather{.axis = axis}, {input, constant})};
            const Tensor* arguments[] = {&x, &index};
            const Result<reference::Tensors> expected = reference::evaluate(Gather{.axis = axis}, arguments);
            REQUIRE(expected.is_ok());
            check_graph(graph, x, expected->front());
        }
    }
}

TEST_CASE("copy: bits move as they are, whatever number they would be")
{
    check_op(Transpose{.permutation = {0, 2, 1, 3}}, {random_integers({2, 5, 3, 4}, INT32_MIN, INT32_MAX)},
             {.is_exact = true});
    check_op(Transpose{.permutation = {0, 2, 1, 3}}, {random_integers({2, 5, 3, 4}, 0x7f800001, 0x7fffffff)},
             {.is_exact = true});
    check_op(Slice{.starts = {3}, .ends = {8}, .axes = {1}}, {random_integers({2, 9, 3}, 1, 0x7fffff)},
             {.is_exact = true});
}

TEST_CASE("copy: whole elements move where blocks of channels or runs of values line up")
{
    const Limits limits;
    const auto moves_elements = [&](const Move& move, const Operand& from, const Operand& to)
    { return copy_elements(move, {.source = from, .destination = to}, limits).has_value(); };
    const Shape x = {2, 8, 3, 4};
    const Operand blocked = operand(x, Layout::blocked);
    const Operand linear = operand(x, Layout::linear);
    CHECK(moves_elements(reshape_move(x, x), blocked, blocked));
    CHECK(moves_elements(reshape_move(x, x), linear, linear));
    CHECK_FALSE(moves_elements(reshape_move(x, x), linear, blocked));
    CHECK(moves_elements(reshape_move(x, {2, 8, 12}), blocked, operand({2, 8, 12}, Layout::blocked)));
    CHECK_FALSE(moves_elements(reshape_move(x, {2, 4, 24}), blocked, operand({2, 4, 24}, Layout::blocked)));
    CHECK(moves_elements(reshape_move(x, {3, 64}), linear, operand({3, 64}, Layout::linear)));
    CHECK(moves_elements(reshape_move({5}, {1, 5}), operand({5}, Layout::linear), operand({1, 5}, Layout::linear)));
}

} // namespace vkseg::test::copy_test
