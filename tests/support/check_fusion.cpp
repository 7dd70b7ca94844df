#include "support/check_fusion.hpp"

#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"

#include <doctest/doctest.h>

namespace vkseg::test {
namespace {

std::vector<std::string> operators(const Graph& graph)
{
    std::vector<std::string> names;
    for (const Node& node : graph.nodes)
        names.push_back(name(node.op));
    return names;
}

} // namespace

ValueId batch_normalization(Graph& graph, const std::string& name, ValueId x, int64_t channels)
{
    const auto parameter = [&](const std::string& what, uint32_t seed)
    { return graph.add_constant(name + "." + what, random({channels}, 0.5f, 1.5f, seed)); };
    return graph.add_node(
        name, BatchNormalization{},
        {x, parameter("scale", 1), parameter("bias", 2), parameter("mean", 3), parameter("variance", 4)});
}

std::vector<std::string> operators_after(const Graph& graph)
{
    const Result<Graph> specialized = specialize(graph);
    REQUIRE_MESSAGE(specialized.is_ok(), specialized.status().message());
    return operators(*specialized);
}

void check_fusion(const Graph& graph, const Shape& input)
{
    const std::vector<NamedTensor> inputs = {{"x", random(input)}};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        INFO(device.name);
        std::vector<std::vector<float>> results;
        for (const bool fuse : {true, false})
        {
            Result<Session> session = Session::create(device.device, graph, {.fuse = fuse});
            REQUIRE(session.is_ok());
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            results.push_back(result->outputs[0].tensor.to_floats());
        }
        REQUIRE(results[0].size() == results[1].size());
        for (size_t i = 0; i < results[0].size(); ++i)
            REQUIRE(results[0][i] == doctest::Approx(results[1][i]).epsilon(1e-4));
        count_check(device.name);
    }
}

} // namespace vkseg::test
