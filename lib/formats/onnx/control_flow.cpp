// Operators with subgraphs.
#include "base/text.hpp"
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

void read_if(NodeReader& node)
{
    const NodeReader::Subgraphs read = node.subgraphs({"then_branch", "else_branch"});
    if (read.graphs.empty())
        return;
    for (const auto& graph : read.graphs)
    {
        if (graph->outputs.size() != node.output_count())
            node.invalid("a branch has " + counted(graph->outputs.size(), "output") + ", but the node has " +
                         std::to_string(node.output_count()));
    }
    std::vector<ValueId> inputs = {node.input(0)};
    inputs.insert(inputs.end(), read.captured.begin(), read.captured.end());
    node.emit(If{.then_branch = read.graphs[0], .else_branch = read.graphs[1]}, std::move(inputs));
}

void read_loop(NodeReader& node)
{
    const NodeReader::Subgraphs read = node.subgraphs({"body"});
    if (read.graphs.empty())
        return;
    std::vector<ValueId> inputs = node.inputs();
    inputs.resize(std::max<size_t>(inputs.size(), 2), no_value);
    const Loop op = {.body = read.graphs[0], .carried = inputs.size() - 2};
    if (op.body->inputs.size() != inputs.size() + read.captured.size())
        node.invalid("the body has " +
                     counted(op.body->inputs.size() - std::min(op.body->inputs.size(), read.captured.size()), "input") +
                     ", but the node has " + std::to_string(inputs.size()));
    if (op.body->outputs.size() != node.output_count() + 1)
        node.invalid("the body has " + counted(op.body->outputs.size(), "output") +
                     ", expected a condition and one for each of the node's " + std::to_string(node.output_count()));
    if (node.output_count() < op.carried)
        node.invalid("expected an output for each of " + counted(op.carried, "variable") + ", got " +
                     std::to_string(node.output_count()));
    inputs.insert(inputs.end(), read.captured.begin(), read.captured.end());
    node.emit(op, std::move(inputs));
}

constexpr OperatorReader control_flow_readers[] = {
    {"If", read_if, 1, 1, unlimited},
    {"Loop", read_loop, 0, unlimited, unlimited},
};

} // namespace

std::span<const OperatorReader> control_flow_operators()
{
    return control_flow_readers;
}

} // namespace vkseg::onnx
