#include "support/check_op.hpp"

#include "runtime/specialize.hpp"
#include "support/devices.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::scatter_elements_test {
namespace {

constexpr Check exact = {.is_exact = true};

Tensor run(const TestDevice& device, const Graph& graph, const std::vector<NamedTensor>& inputs)
{
    Result<Session> session = Session::create(device.device, graph, {});
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    Result<RunResult> result = session->run(inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->outputs[0].tensor;
}

} // namespace

TEST_CASE("scatter_elements: every axis of every rank, with updates of the data's extents and smaller ones")
{
    const Tensor data = random({4, 5, 3, 7});
    for (const int64_t axis : {0, 1, 2, 3, -1})
    {
        for (const Shape& shape : {Shape{4, 5, 3, 7}, Shape{2, 3, 2, 3}, Shape{1, 5, 1, 7}, Shape{4, 1, 3, 1}})
            check_op(ScatterElements{.axis = axis}, {data, random_integers(shape, -3, 2), random(shape, 2, 3)}, exact);
    }
    check_op(ScatterElements{}, {random({6}), ints({5, -6, 2}), random({3}, 2, 3)}, exact);
    check_op(ScatterElements{.axis = 1}, {random({1, 1}), random_integers({1, 1}, 0, 0), random({1, 1})}, exact);
    const Shape six = {2, 3, 2, 3, 2, 5};
    check_op(ScatterElements{.axis = 3}, {random(six), random_integers(six, -3, 2), random(six, 2, 3)}, exact);
}

TEST_CASE("scatter_elements: of several updates of one place the last counts")
{
    check_op(ScatterElements{}, {random({3}), ints({1, 1, 1, 0, 1}), random({5}, 2, 3)}, exact);
    check_op(ScatterElements{.axis = 1}, {random({3, 4}), random_integers({3, 400}, -4, 3), random({3, 400}, 2, 3)},
             exact);
    check_op(ScatterElements{}, {random({2, 300}), random_integers({9, 300}, 0, 1), random({9, 300}, 2, 3)}, exact);
}

TEST_CASE("scatter_elements: indices may be the same for whole rows")
{
    check_op(ScatterElements{}, {random({9, 5, 3, 3}), random_integers({4, 1, 1, 1}, 0, 8), random({4, 5, 3, 3}, 2, 3)},
             exact);
    check_op(ScatterElements{.axis = 1},
             {random({4, 9, 2, 3}), random_integers({1, 6, 2, 1}, -9, 8), random({4, 6, 2, 3}, 2, 3)}, exact);
    check_op(ScatterElements{.axis = 2},
             {random({4, 5, 9}), random_integers({1, 1, 6}, -9, 8), random({3, 2, 6}, 2, 3)}, exact);
}

TEST_CASE("scatter_elements: integers and booleans")
{
    check_op(ScatterElements{},
             {random_integers({7, 3}, -99, 99), random_integers({4, 3}, -7, 6), random_integers({4, 3}, 100, 200)},
             exact);
    check_op(ScatterElements{}, {random_booleans({7, 3}), random_integers({4, 3}, -7, 6), random_booleans({4, 3}, 2)},
             exact);
}

TEST_CASE("scatter_elements: computed indices outside of the axis write nothing")
{
    Graph graph;
    const ValueId data = graph.add_input("data", DType::f32, {5});
    const ValueId indices = graph.add_input("indices", DType::i64, {6});
    const ValueId updates = graph.add_input("updates", DType::f32, {6});
    graph.outputs = {graph.add_node("scattered", ScatterElements{}, {data, indices, updates})};
    for (const TestDevice& device : devices())
    {
        const Tensor y = run(device, graph,
                             {{"data", Tensor::from({5}, {1, 2, 3, 4, 5})},
                              {"indices", ints({5, INT32_MAX, -6, INT32_MIN, 4, -5})},
                              {"updates", Tensor::from({6}, {10, 20, 30, 40, 50, 60})}});
        CHECK(y.to_floats() == std::vector<float>{60, 2, 3, 4, 50});
        count_check(device.name);
    }
}

TEST_CASE("scatter_elements: constants are computed on the host")
{
    Graph graph;
    const ValueId data = graph.add_constant("data", ints({1, 2, 3}));
    const ValueId indices = graph.add_constant("indices", ints({-1, 0, -1}));
    const ValueId updates = graph.add_constant("updates", ints({7, 8, 9}));
    graph.outputs = {graph.add_node("scattered", ScatterElements{}, {data, indices, updates})};
    const Result<Graph> planned = specialize(graph);
    REQUIRE_MESSAGE(planned.is_ok(), planned.status().message());
    CHECK(planned->values[graph.outputs[0]].constant->to_integers() == std::vector<int64_t>{8, 2, 9});
}

TEST_CASE("scatter_elements: indices are read before an Expand to the updates' shape")
{
    Graph graph;
    const ValueId data = graph.add_input("data", DType::f32, {6, 3, 2});
    const ValueId rows = graph.add_input("rows", DType::i64, {4, 1, 1});
    const ValueId updates = graph.add_input("updates", DType::f32, {4, 3, 2});
    const ValueId indices = graph.add_node("indices", Expand{.shape = {4, 3, 2}}, {rows});
    graph.outputs = {graph.add_node("scattered", ScatterElements{}, {data, indices, updates})};
    const Result<Graph> planned = specialize(graph);
    REQUIRE_MESSAGE(planned.is_ok(), planned.status().message());
    REQUIRE(planned->nodes.size() == 1);
    CHECK(planned->nodes[0].inputs[1] == rows);
    for (const TestDevice& device : devices())
    {
        const Tensor y = run(device, graph,
                             {{"data", random({6, 3, 2})},
                              {"rows", Tensor::from_integers({4, 1, 1}, {5, 0, -2, 0})},
                              {"updates", random({4, 3, 2}, 2, 3)}});
        const std::vector<float> updated = random({4, 3, 2}, 2, 3).to_floats();
        const std::vector<float> found = y.to_floats();
        CHECK(std::equal(updated.begin() + 18, updated.end(), found.begin()));
        CHECK(std::equal(updated.begin(), updated.begin() + 6, found.begin() + 30));
        count_check(device.name);
    }
}

TEST_CASE("scatter_elements: an Expand along the axis itself stays")
{
    Graph graph;
    const ValueId data = graph.add_input("data", DType::f32, {6, 3});
    const ValueId row = graph.add_input("row", DType::i64, {1, 3});
    const ValueId updates = graph.add_input("updates", DType::f32, {4, 3});
    const ValueId indices = graph.add_node("indices", Expand{.shape = {4, 3}}, {row});
    graph.outputs = {graph.add_node("scattered", ScatterElements{}, {data, indices, updates})};
    const Result<Graph> planned = specialize(graph);
    REQUIRE_MESSAGE(planned.is_ok(), planned.status().message());
    CHECK(planned->nodes.size() == 2);
}

TEST_CASE("scatter_elements: combines all updates of a place with its value, in the order along the axis")
{
    for (const ScatterReduction reduction :
         {ScatterReduction::add, ScatterReduction::mul, ScatterReduction::max, ScatterReduction::min})
    {
        check_op(ScatterElements{.axis = 1, .reduction = reduction},
                 {random({3, 5, 7}), random_integers({2, 9, 6}, -5, 4), random({2, 9, 6}, 0.5f, 1.5f)}, {.terms = 9});
        check_op(ScatterElements{.axis = 0, .reduction = reduction},
                 {random({6, 2, 3}), random_integers({9, 1, 1}, -6, 5), random({9, 2, 3}, 0.5f, 1.5f)}, {.terms = 9});
        check_op(ScatterElements{.axis = -1, .reduction = reduction},
                 {random_integers({5, 7}, -9, 9), random_integers({4, 9}, 0, 6), random_integers({4, 9}, -3, 3)});
    }
    check_op(ScatterElements{.reduction = ScatterReduction::add},
             {random({7}), Tensor::from_integers({4}, {2, INT32_MAX, -1, 2}), random({4})}, {.terms = 4});
    CHECK(refusal(ScatterElements{.reduction = ScatterReduction::mul},
                  {random_booleans({3}), ints({0}), random_booleans({1})}) ==
          "updates are combined with floats and 32-bit integers only, got bool");
}

TEST_CASE("scatter_elements: refuses what does not fit and says why")
{
    const Tensor data = random({2, 3});
    const Tensor updates = random({2, 3});
    CHECK(refusal(ScatterElements{}, {data, random({2, 3}), updates}) == "indices must be integers, got f32");
    CHECK(refusal(ScatterElements{}, {data, random_integers({2, 3}, 2, 2), updates}) ==
          "indices must lie within an extent of 2, got 2");
    CHECK(refusal(ScatterElements{.axis = 2}, {data, random_integers({2, 3}, 0, 1), updates}) != "");
    CHECK(refusal(ScatterElements{}, {data, random_integers({2, 3}, 0, 1), random_integers({2, 3}, 0, 1)}) ==
          "updates must have the type of the data, f32, got i64");
    CHECK(
        refusal(ScatterElements{}, {data, random_integers({2, 4}, 0, 1), random({2, 4})}) ==
        "updates must fit the data along all axes but 0, and indices must have their shape or extents of 1 there, got "
        "data 2x3, indices 2x4 and updates 2x4");
    CHECK(refusal(ScatterElements{}, {data, random_integers({1, 3}, 0, 1), updates}) != "");
    CHECK(refusal(ScatterElements{}, {data, random_integers({2}, 0, 1), random({2})}) != "");
}

} // namespace vkseg::test::scatter_elements_test
