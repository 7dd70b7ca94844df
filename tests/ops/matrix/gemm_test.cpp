#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace vkseg::test::gemm_test {
namespace {

struct Extents
{
    int64_t rows;
    int64_t depth;
    int64_t columns;
};

std::vector<Tensor> matrices(const Gemm& op, const Extents& extents)
{
    const Shape a = op.transpose_a ? Shape{extents.depth, extents.rows} : Shape{extents.rows, extents.depth};
    const Shape b = op.transpose_b ? Shape{extents.columns, extents.depth} : Shape{extents.depth, extents.columns};
    return {random(a, -1, 1, 1), random(b, -1, 1, 2)};
}

} // namespace

TEST_CASE("gemm: transposed or not, with rows that are and are not whole elements")
{
    for (const bool transpose_a : {false, true})
    {
        for (const bool transpose_b : {false, true})
        {
            const Gemm op = {.transpose_a = transpose_a, .transpose_b = transpose_b};
            for (const Extents& extents : {Extents{8, 12, 4}, Extents{3, 5, 7}, Extents{1, 64, 10}, Extents{5, 8, 1},
                                           Extents{9, 3, 8}, Extents{1, 1, 1}})
                check_op(op, matrices(op, extents), {.terms = double(extents.depth)});
        }
    }
}

TEST_CASE("gemm: scaled, with an addend that broadcasts")
{
    const Gemm op = {.alpha = 0.25f, .beta = 0.35f, .transpose_b = true};
    for (const Extents& extents : {Extents{5, 8, 12}, Extents{3, 6, 7}})
    {
        for (const Shape& addend : {Shape{}, Shape{1}, Shape{extents.columns}, Shape{1, extents.columns},
                                    Shape{extents.rows, 1}, Shape{extents.rows, extents.columns}, Shape{1, 1}})
        {
            std::vector<Tensor> inputs = matrices(op, extents);
            inputs.push_back(random(addend, -1, 1, 3));
            check_op(op, inputs, {.terms = double(extents.depth)});
        }
    }
    const Gemm without_beta = {.beta = 0};
    std::vector<Tensor> inputs = matrices(without_beta, {5, 8, 12});
    inputs.push_back(random({5, 12}));
    check_op(without_beta, inputs, {.terms = 8});
    inputs.back() = missing();
    check_op(Gemm{}, inputs, {.terms = 8});
}

TEST_CASE("gemm: weights larger than a binding are taken in parts")
{
    // 129 MiB, of which software devices bind 128, with columns that are no whole tile.
    const Extents extents = {.rows = 2, .depth = 4096, .columns = 8253};
    const Gemm op = {.transpose_b = true};
    std::vector<Tensor> inputs = matrices(op, extents);
    inputs.push_back(random({extents.columns}, -1, 1, 3));
    const Tensor* const pointers[] = {&inputs[0], &inputs[1], &inputs[2]};
    const Result<reference::Tensors> expected = reference::evaluate(op, pointers);
    REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
    const std::vector<float> wanted = (*expected)[0].to_floats();
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, inputs[0].shape());
    const ValueId weights = graph.add_constant("weights", inputs[1]);
    graph.outputs = {graph.add_node("y", op, {x, weights, graph.add_constant("bias", inputs[2])})};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        Result<Session> session = Session::create(device.device, graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        const NamedTensor input = {"x", inputs[0]};
        const Result<RunResult> result = session->run({&input, 1});
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        const std::vector<float> values = result->outputs[0].tensor.to_floats();
        REQUIRE(values.size() == wanted.size());
        float largest = 0;
        for (size_t i = 0; i < values.size(); ++i)
            largest = std::max(largest, std::abs(values[i] - wanted[i]));
        CHECK(largest < 1e-3f);
        count_check(device.name);
    }
}

TEST_CASE("gemm: refuses what it cannot compute")
{
    CHECK(refusal(Gemm{}, {random({2, 3}), random({2, 3})}) != "");
    CHECK(refusal(Gemm{.transpose_b = true}, {random({2, 3}), random({3, 2})}) != "");
    CHECK(refusal(Gemm{}, {random({1, 2, 3}), random({3, 2})}) != "");
    CHECK(refusal(Gemm{}, {random({2, 3}), random({3})}) != "");
    CHECK(refusal(Gemm{}, {random({2, 3}), random({3, 4}), random({3})}) != "");
    CHECK(refusal(Gemm{}, {random({2, 3}), random({3, 4}), random({2})}) != "");
    CHECK(refusal(Gemm{}, {random({2, 3}), random({3, 4}), random({1, 2, 4})}) != "");
    CHECK(refusal(Gemm{}, {random_integers({2, 3}, 0, 1), random({3, 4})}) != "");
    CHECK(refusal(Gemm{}, {random({2, 3})}) != "");
}

} // namespace vkseg::test::gemm_test
