#include "support/subgraphs.hpp"

#include "reference/evaluate.hpp"
#include "runtime/specialize.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

namespace vkseg::test {

Tensor truth(bool value)
{
    return Tensor::from_bytes(DType::boolean, Shape{}, {std::byte(value)});
}

std::shared_ptr<const Graph> function_of(Op op)
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {4});
    graph.outputs = {graph.add_node("y", std::move(op), {x})};
    return std::make_shared<const Graph>(std::move(graph));
}

void check_equals_reference(const Graph& graph, const std::vector<NamedTensor>& inputs)
{
    std::vector<const Tensor*> given;
    for (const NamedTensor& input : inputs)
        given.push_back(&input.tensor);
    const Result<reference::Tensors> expected = reference::evaluate(graph, given);
    REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        Result<Session> session = Session::create(device.device, graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        const Result<RunResult> result = session->run(inputs);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        REQUIRE(result->outputs.size() == expected->size());
        for (size_t i = 0; i < expected->size(); ++i)
        {
            CHECK(result->outputs[i].tensor.shape() == (*expected)[i].shape());
            CHECK(result->outputs[i].tensor.to_floats() == (*expected)[i].to_floats());
        }
        count_check(device.name);
    }
}

std::string refusal_of(const Graph& graph)
{
    return specialize(graph).status().message();
}

} // namespace vkseg::test
