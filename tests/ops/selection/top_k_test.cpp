#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::top_k_test {
namespace {

constexpr Check exact = {.outputs = 2, .is_exact = true};
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Few distinct values, so that most are equal to others.
Tensor with_ties(Shape shape)
{
    return Tensor::from(shape, random_integers(shape, -3, 3).to_floats());
}

void check_both_orders(int64_t axis, int64_t k, const Tensor& x)
{
    check_op(TopK{.axis = axis, .k = k}, {x}, exact);
    check_op(TopK{.axis = axis, .is_smallest = true, .k = k}, {x}, exact);
}

std::vector<Tensor> with_k(const Tensor& x, int64_t k)
{
    return {x, ints({k})};
}

/// The second output of `op`, whose first one nothing reads.
std::vector<int64_t> second_output(const TestDevice& device, const Op& op, const std::vector<Tensor>& inputs)
{
    Graph graph;
    std::vector<ValueId> ids;
    std::vector<NamedTensor> fed;
    for (const Tensor& input : inputs)
    {
        fed.push_back({"input" + std::to_string(ids.size()), input});
        ids.push_back(graph.add_input(fed.back().name, input.type(), input.shape()));
    }
    graph.outputs = {graph.add_node("output", op, ids, 2) + 1};
    Result<Session> session = Session::create(device.device, graph);
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const Result<RunResult> result = session->run(fed);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->outputs[0].tensor.to_integers();
}

} // namespace

TEST_CASE("top_k: of rows of every length, in both orders")
{
    for (const int64_t extent : {1, 2, 3, 31, 32, 33, 1023, 1024, 1025, 5000})
    {
        check_both_orders(-1, 1, random({extent}));
        check_both_orders(-1, extent, with_ties({extent}));
        check_both_orders(-1, (extent + 1) / 2, random({3, extent}));
    }
}

TEST_CASE("top_k: of many runs, of which only the first entries are merged")
{
    const Tensor x = random({23003}, -1000, 1000);
    for (const int64_t k : {1, 300, 1000, 1500, 9001, 23003})
        check_op(TopK{.k = k}, {x}, exact);
    check_op(TopK{.axis = 1, .k = 7}, {with_ties({2, 4099, 3})}, exact);
}

TEST_CASE("top_k: along the first, a middle and the last axis")
{
    for (const Shape& shape : {Shape{2, 3, 5, 7}, Shape{17, 1, 4}, Shape{5, 21, 11}, Shape{13, 2}})
    {
        for (size_t axis = 0; axis < shape.rank(); ++axis)
        {
            check_both_orders(int64_t(axis), (shape[axis] + 1) / 2, with_ties(shape));
            check_op(TopK{.axis = int64_t(axis) - int64_t(shape.rank()), .k = shape[axis]}, {random(shape)}, exact);
        }
    }
}

TEST_CASE("top_k: of many short rows, several of which share a workgroup")
{
    check_op(TopK{.axis = 1, .k = 3}, {random({2, 21, 37, 41})}, exact);
    check_op(TopK{.axis = 1, .k = 1}, {random({3001, 1})}, exact);
    check_op(TopK{.axis = 1, .k = 2}, {random({1500, 2})}, exact);
}

TEST_CASE("top_k: of integers")
{
    check_both_orders(-1, 9, random_integers({2, 5, 17}, -100000, 100000));
    check_both_orders(0, 40, random_integers({2051, 3}, -5, 5));
    const int64_t lowest = std::numeric_limits<int32_t>::min();
    const int64_t highest = std::numeric_limits<int32_t>::max();
    check_both_orders(0, 6, ints({0, lowest, highest, -1, lowest, highest}));
}

TEST_CASE("top_k: NaN counts as largest, and zeros of both signs as equal")
{
    const std::vector<float> values = {0.0f, -0.0f, nan,      1,   -infinity, infinity, -nan, -1,
                                       5,    5,     infinity, nan, -0.0f,     0.0f,     3,    -infinity};
    for (const int64_t k : {1, 5, 16})
        check_both_orders(0, k, Tensor::from({16}, values));
    std::vector<float> many;
    for (int i = 0; i < 200; ++i)
        many.insert(many.end(), values.begin(), values.end());
    check_both_orders(0, 3200, Tensor::from({3200}, many));
}

TEST_CASE("top_k: tells denormal numbers apart")
{
    const std::vector<float> values = {0, 0x1p-24f, 0x1p-23f, -0x1p-24f, 0x1.8p-24f, 0x1p-14f, 0x1.ffp-15f, -0x1p-20f};
    check_both_orders(0, 8, Tensor::from({8}, values));
}

TEST_CASE("top_k: takes k as an input, and gives nothing for 0")
{
    check_op(TopK{}, with_k(random({3, 7}), 4), exact);
    check_op(TopK{.axis = 0}, with_k(random({3, 7}), 0), exact);
    check_op(TopK{}, {random({2, 9}), Tensor::from_integers({}, {2})}, exact);
    check_op(TopK{.k = 0}, {random({2, 0})}, exact);
    check_op(TopK{.axis = 1, .k = 2}, {random({0, 3})}, exact);
}

TEST_CASE("top_k: one output may be left out")
{
    check_op(TopK{.k = 3}, {random({2, 9})}, {.is_exact = true});
    for (const TestDevice& device : devices())
        CHECK(second_output(device, TopK{.k = 3}, {Tensor::from({5}, {3, 9, 1, 9, 4})}) == Integers{1, 3, 4});
}

TEST_CASE("top_k: refuses what it cannot compute")
{
    CHECK(refusal(TopK{.k = 4}, {random({2, 3})}) == "k must be from 0 to the extent of axis 1, which is 3, got 4");
    CHECK(refusal(TopK{.k = -1}, {random({2, 3})}).find("got -1") != std::string::npos);
    CHECK(refusal(TopK{.axis = 2, .k = 1}, {random({2, 3})}) != "");
    CHECK(refusal(TopK{.k = 1}, {random_booleans({2, 3})}).find("bool") != std::string::npos);
    CHECK(refusal(TopK{}, {random({2, 3}), ints({1, 2})}) == "k must be one integer, got 2");
    CHECK(refusal(TopK{.k = 1}, {random({})}) != "");
    CHECK(refusal(TopK{.k = 1}, {}) != "");
}

} // namespace vkseg::test::top_k_test
