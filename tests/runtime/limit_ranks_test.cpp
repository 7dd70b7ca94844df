#include "runtime/specialize.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::limit_ranks_test {

constexpr Check copies = {.is_exact = true};

TEST_CASE("more than six axes: transposes move every value to its place")
{
    check_op(Transpose{.permutation = {0, 1, 3, 5, 2, 4, 6}}, {random({1, 2, 3, 2, 5, 2, 3})}, copies); // windows
    check_op(Transpose{.permutation = {0, 1, 3, 5, 7, 2, 4, 6}}, {random({1, 2, 3, 2, 2, 3, 2, 5})}, copies);
    check_op(Transpose{}, {random({2, 3, 2, 2, 5, 2, 3})}, copies);
    check_op(Transpose{}, {random({2, 3, 2, 2, 3, 2, 2, 3})}, copies);
    check_op(Transpose{.permutation = {3, 0, 5, 7, 2, 6, 1, 4}}, {random_integers({2, 3, 2, 1, 3, 2, 2, 3}, -9, 9)},
             copies);
    check_op(Transpose{.permutation = {7, 2, 5, 0, 3, 6, 1, 4}}, {random({3, 2, 2, 2, 3, 2, 5, 2})}, copies);
}

TEST_CASE("more than six axes: slices, pads, tiles, broadcasts, parts and wholes")
{
    const Tensor x = random({2, 1, 3, 2, 4, 2, 5, 3});
    check_op(Slice{.starts = {-1, 1}, .ends = {INT64_MIN, 4}, .axes = {4, -2}, .steps = {-2, 2}}, {x}, copies);
    check_op(Pad{.mode = PadMode::reflect, .pads = {1, 2, 0, 1}, .value = 0, .axes = {2, 6}}, {x}, copies);
    check_op(Pad{.pads = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, -1, 0, 0, 0}, .value = 3}, {x}, copies);
    check_op(Tile{.repeats = {1, 2, 1, 1, 3, 1, 1, 2}}, {x}, copies);
    check_op(Expand{.shape = {2, 3, 4, 2, 2, 5}}, {random({3, 1, 2, 1, 5})}, copies);
    check_op(Expand{.shape = {2, 3, 4, 1, 2, 5, 1, 2}}, {random({2, 3, 1, 1, 1, 5, 1, 2})}, copies);
    check_op(Concat{.axis = 3}, {x, random({2, 1, 3, 3, 4, 2, 5, 3})}, copies);
    check_op(Split{.axis = -2, .split = {1, 4}, .parts = 2}, {x}, {.outputs = 2, .is_exact = true});
    check_op(Gather{.axis = 4}, {random({2, 3, 2, 1, 4, 2, 5}), random_integers({2, 3}, -4, 3)}, copies);
    check_op(Gather{.axis = 1}, {x, Tensor::from_integers({}, {0})}, copies);
}

TEST_CASE("more than six axes: functions of values, with broadcasting, and reductions")
{
    const Tensor x = random({2, 1, 3, 2, 4, 2, 5, 3});
    check_op(Unary{.kind = UnaryKind::relu}, {x}, copies);
    check_op(Binary{.kind = BinaryKind::mul}, {x, random({4, 2, 1, 1})});
    check_op(Binary{.kind = BinaryKind::sub}, {random({2, 3, 1, 1, 4, 1, 5}), random({2, 1, 2, 3, 4, 2, 1})});
    check_op(Where{}, {random_booleans({3, 1, 1, 2, 5, 3}), x, random({2, 4, 3, 2, 4, 1, 1, 1})}, copies);
    check_op(Reduce{.axes = {1, 2, 6}, .keep_dims = false}, {x}, {.terms = 15});
    check_op(ArgReduce{.axis = 4, .keep_dims = false}, {x}, copies);
    check_op(Softmax{.axis = -1}, {x});
    check_op(MatMul{}, {random({2, 1, 3, 1, 2, 5, 7}), random({1, 4, 1, 7, 3})}, {.terms = 7});
    check_op(MatMul{}, {x, random({3, 6})}, {.terms = 3});
    check_op(MatMul{}, {x, random({3})}, {.terms = 3});
    check_op(MatMul{}, {random({5}), x}, {.terms = 5});
    check_op(Softmax{.axis = 5, .flattens = true}, {x});
    check_op(Softmax{.axis = 0, .flattens = true}, {x});
    check_op(LayerNormalization{.axes = {-2, -1}}, {x, random({5, 3}), random({3})});
}

TEST_CASE("more than six axes: a node that must tell more than six apart is refused")
{
    const auto refusal_of = [](const Op& op, const Shape& second)
    {
        Graph graph;
        const ValueId x = graph.add_input("x", DType::f32, {2, 3, 2, 3, 2, 3, 2, 3});
        graph.outputs = {graph.add_node("y", op, {x, graph.add_input("second", DType::f32, second)})};
        return specialize(graph, {}, /* fuse= */ true, /* max_memory_bytes= */ 0).status().message();
    };
    CHECK(refusal_of(Binary{}, {2, 1, 2, 1, 2, 1, 2, 1}) ==
          "node 'y' (Add): the operator must tell 8 of the 8 axes apart; kernels tell at most 6 apart");
}

} // namespace vkseg::test::limit_ranks_test
