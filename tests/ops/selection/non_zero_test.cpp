#include "support/check_op.hpp"

#include "runtime/specialize.hpp"
#include "support/devices.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::non_zero_test {
namespace {

constexpr Check both = {.outputs = 2, .is_exact = true};

Tensor sparse(const Shape& shape, int64_t one_in)
{
    std::vector<float> values;
    for (const int64_t number : random_integers(shape, 0, one_in - 1).to_integers())
        values.push_back(number == 0 ? 0.5f : 0);
    return Tensor::from(shape, std::move(values));
}

std::vector<NamedTensor> run(const TestDevice& device, const Graph& graph, const Tensor& x)
{
    Result<Session> session = Session::create(device.device, graph, {});
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const NamedTensor input = {.name = "x", .tensor = x};
    Result<RunResult> result = session->run({&input, 1});
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return std::move(result->outputs);
}

} // namespace

TEST_CASE("non_zero: shapes of every rank, within a block, at its end and over many blocks")
{
    for (const Shape& shape : {Shape{1}, Shape{7}, Shape{64}, Shape{1023}, Shape{1024}, Shape{1025}, Shape{3, 5},
                               Shape{1, 19, 1}, Shape{2, 3, 5, 7}, Shape{2, 1, 3, 11, 40}, Shape{3, 2, 1, 2, 5, 17}})
        check_op(NonZero{}, {sparse(shape, 3)}, both);
    check_op(NonZero{}, {sparse({3, 211, 157}, 5)}, both);
}

TEST_CASE("non_zero: more blocks than the workgroup that sums them up has invocations")
{
    check_op(NonZero{}, {sparse({2, 330, 331}, 90)}, both);
}

TEST_CASE("non_zero: none, all, a single first and a single last value")
{
    for (const float value : {0.0f, 1.0f})
        check_op(NonZero{}, {Tensor::from({3, 5, 90}, std::vector<float>(1350, value))}, both);
    for (const size_t place : {size_t(0), size_t(2999)})
    {
        std::vector<float> values(3000);
        values[place] = -1;
        check_op(NonZero{}, {Tensor::from({50, 60}, values)}, both);
    }
}

TEST_CASE("non_zero: integers and booleans")
{
    check_op(NonZero{}, {random_integers({5, 7, 3}, -1, 1)}, both);
    check_op(NonZero{}, {random_booleans({5, 70, 3})}, both);
    check_op(NonZero{}, {ints({0, INT32_MIN, 1, 0, INT32_MAX, -1})}, both);
}

TEST_CASE("non_zero: both zeros are zero, NaN, infinities and values that f16 rounds to the smallest are not")
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
    const float smallest_half = 0x1p-24f;
    check_op(
        NonZero{},
        {Tensor::from({9}, {0, -0.0f, not_a_number, infinity, -infinity, smallest_half, -smallest_half, 1, 1e-9f})},
        both);
}

TEST_CASE("non_zero: one output alone")
{
    const Tensor x = sparse({3, 50, 20}, 4);
    check_op(NonZero{}, {x}, {.outputs = 1, .is_exact = true});
    Graph graph;
    const ValueId id = graph.add_input("x", DType::f32, x.shape());
    graph.outputs = {graph.add_node("indices", NonZero{}, {id}, 2) + 1};
    int64_t expected = 0;
    for (const float value : x.to_floats())
        expected += value != 0;
    for (const TestDevice& device : devices())
    {
        CHECK(run(device, graph, x)[0].tensor.to_integers() == std::vector<int64_t>{expected});
        count_check(device.name);
    }
}

TEST_CASE("non_zero: a session gives as many columns as there are values")
{
    Graph graph;
    const ValueId id = graph.add_input("x", DType::f32, {2, 3});
    const ValueId found = graph.add_node("indices", NonZero{}, {id});
    graph.outputs = {found, graph.add_node("rows", Transpose{.permutation = {1, 0}}, {found})};
    for (const TestDevice& device : devices())
    {
        const std::vector<NamedTensor> some = run(device, graph, Tensor::from({2, 3}, {0, 1, 0, 2, 0, 3}));
        CHECK(some[0].tensor.shape() == Shape{2, 3});
        CHECK(some[0].tensor.to_integers() == std::vector<int64_t>{0, 1, 1, 1, 0, 2});
        CHECK(some[1].tensor.to_integers() == std::vector<int64_t>{0, 1, 1, 0, 1, 2});
        CHECK(run(device, graph, Tensor::from({2, 3}, std::vector<float>(6)))[0].tensor.shape() == Shape{2, 0});
        count_check(device.name);
    }
}

TEST_CASE("non_zero: the indices of a constant have its nonzero values as their number when the network is planned")
{
    for (const size_t outputs : {size_t(1), size_t(2)})
    {
        for (const bool has_values : {true, false})
        {
            Graph graph;
            const Tensor x = Tensor::from({2, 3}, {0, has_values ? 1.0f : 0, 0, has_values ? 2.0f : 0, 0, 0});
            const ValueId found = graph.add_node("indices", NonZero{}, {graph.add_constant("x", x)}, outputs);
            for (size_t i = 0; i < outputs; ++i)
                graph.outputs.push_back(found + ValueId(i));
            const Result<Graph> planned = specialize(graph);
            REQUIRE_MESSAGE(planned.is_ok(), planned.status().message());
            CHECK(planned->nodes.empty());
            const Value& indices = planned->values[found];
            CHECK(indices.shape == Shape{2, has_values ? 2 : 0});
            CHECK(!indices.valid);
            CHECK(indices.constant->to_integers() ==
                  (has_values ? std::vector<int64_t>{0, 1, 1, 0} : std::vector<int64_t>()));
            if (outputs == 2)
                CHECK(planned->values[found + 1].constant->to_integers() == std::vector<int64_t>{has_values ? 2 : 0});
        }
    }
}

TEST_CASE("non_zero: a scalar is refused")
{
    CHECK(refusal(NonZero{}, {random({})}) == "x must have at least one axis, got a scalar");
}

} // namespace vkseg::test::non_zero_test
