#include "runtime/control_flow.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <unordered_map>

namespace vkseg {
namespace {

Status wrong_subgraph(const char* what, size_t expected, size_t got)
{
    return Status(StatusCode::invalid_model, std::string("expected a subgraph with ") + std::to_string(expected) + " " +
                                                 what + ", got one with " + std::to_string(got));
}

Status check_subgraph(const Graph* subgraph, size_t inputs, size_t outputs)
{
    if (subgraph == nullptr)
        return Status(StatusCode::invalid_model, "a subgraph is missing");
    if (subgraph->inputs.size() != inputs)
        return wrong_subgraph("inputs", inputs, subgraph->inputs.size());
    if (subgraph->outputs.size() != outputs)
        return wrong_subgraph("outputs", outputs, subgraph->outputs.size());
    return {};
}

} // namespace

Node alias(const Graph& graph, ValueId input, ValueId output)
{
    return {.name = graph.values[output].name,
            .op = Unary{.kind = UnaryKind::identity},
            .inputs = {input},
            .outputs = {output}};
}

std::vector<Node> stacked(Graph& graph, std::span<const ValueId> tensors, int64_t axis, const std::string& name,
                          ValueId output)
{
    std::vector<Node> nodes;
    std::vector<ValueId> parts;
    for (const ValueId tensor : tensors)
    {
        const std::string row = graph.values[tensor].name + " (row)";
        parts.push_back(graph.add_value({.name = row, .shape = {}, .constant = {}}));
        nodes.push_back({.name = row,
                         .op = Reshape{.kind = ReshapeKind::unsqueeze, .axes = {axis}},
                         .inputs = {tensor},
                         .outputs = {parts.back()}});
    }
    nodes.push_back({.name = name, .op = Concat{.axis = axis}, .inputs = std::move(parts), .outputs = {output}});
    return nodes;
}

std::vector<Node> inlined(Graph& graph, const Graph& subgraph, std::span<const ValueId> inputs,
                          std::span<const ValueId> outputs, const std::string& place)
{
    assert(inputs.size() == subgraph.inputs.size() && outputs.size() == subgraph.outputs.size());
    std::unordered_map<ValueId, ValueId> ids = {{no_value, no_value}}; // of the subgraph's values in the graph
    for (size_t i = 0; i < inputs.size(); ++i)
        ids.emplace(subgraph.inputs[i], inputs[i]);
    std::vector<bool> is_computed(subgraph.values.size());
    for (const Node& node : subgraph.nodes)
    {
        for (const ValueId id : node.outputs)
        {
            if (id != no_value)
                is_computed[id] = true;
        }
    }
    const auto name_inside = [&](const std::string& name) // PyTorch's names begin with a slash
    { return name.starts_with('/') ? place + name : place + "/" + name; };
    std::vector<std::pair<ValueId, ValueId>> aliases;
    for (size_t i = 0; i < outputs.size(); ++i)
    {
        const ValueId inner = subgraph.outputs[i];
        if (outputs[i] != no_value && (!is_computed[inner] || !ids.emplace(inner, outputs[i]).second))
            aliases.emplace_back(inner, outputs[i]);
    }
    const auto id_of = [&](ValueId inner)
    {
        const auto [entry, is_new] = ids.try_emplace(inner, no_value);
        if (is_new)
        {
            Value value = subgraph.values[inner];
            value.name = name_inside(value.name);
            entry->second = graph.add_value(std::move(value));
        }
        return entry->second;
    };
    std::vector<Node> nodes;
    for (const Node& node : subgraph.nodes)
    {
        Node& copy = nodes.emplace_back(node);
        copy.name = name_inside(node.name);
        std::ranges::transform(copy.inputs, copy.inputs.begin(), id_of);
        std::ranges::transform(copy.outputs, copy.outputs.begin(), id_of);
    }
    for (const auto& [inner, output] : aliases)
        nodes.push_back(alias(graph, id_of(inner), output));
    return nodes;
}

std::vector<Node> next_turn(Graph& graph, LoopState& loop)
{
    Node& node = loop.node;
    const auto& op = std::get<Loop>(node.op);
    const std::string place = node.name + "/turn " + std::to_string(loop.turn);
    std::vector<ValueId> inputs = node.inputs;
    inputs[0] = graph.add_constant(place, Tensor::from_integers(Shape{}, {loop.turn}));
    if (inputs[1] == no_value)
        inputs[1] =
            graph.add_constant(place + " (condition)", Tensor::from_bytes(DType::boolean, Shape{}, {std::byte(1)}));
    std::vector<ValueId> outputs;
    for (const ValueId id : op.body->outputs)
        outputs.push_back(
            graph.add_value({.name = place + "/" + op.body->values[id].name, .shape = {}, .constant = {}}));
    std::vector<Node> nodes = inlined(graph, *op.body, inputs, outputs, place);
    if (node.inputs[1] != no_value) // otherwise no condition ends the loop
        node.inputs[1] = outputs[0];
    std::copy_n(outputs.begin() + 1, op.carried, node.inputs.begin() + 2);
    loop.results.resize(outputs.size() - 1 - op.carried);
    for (size_t i = 0; i < loop.results.size(); ++i)
        loop.results[i].push_back(outputs[1 + op.carried + i]);
    ++loop.turn;
    return nodes;
}

Result<std::vector<Node>> last_turn(Graph& graph, const LoopState& loop)
{
    const Node& node = loop.node;
    const size_t carried = std::get<Loop>(node.op).carried;
    std::vector<Node> nodes;
    for (size_t i = 0; i < node.outputs.size(); ++i)
    {
        if (node.outputs[i] == no_value)
            continue;
        if (i < carried)
        {
            nodes.push_back(alias(graph, node.inputs[2 + i], node.outputs[i]));
            continue;
        }
        if (loop.turn == 0)
            return Status(StatusCode::unsupported, "the shape of the results of a loop without turns is not known");
        std::vector<Node> rows = stacked(graph, loop.results[i - carried], 0, node.name, node.outputs[i]);
        std::ranges::move(rows, std::back_inserter(nodes));
    }
    return nodes;
}

Status check_subgraphs(const Node& node)
{
    const size_t outputs = node.outputs.size();
    if (const auto* branches = std::get_if<If>(&node.op))
    {
        const Status status = check_subgraph(branches->then_branch.get(), node.inputs.size() - 1, outputs);
        return status.is_ok() ? check_subgraph(branches->else_branch.get(), node.inputs.size() - 1, outputs) : status;
    }
    const auto& loop = std::get<Loop>(node.op);
    if (node.inputs.size() < 2 + loop.carried || outputs < loop.carried)
        return Status(StatusCode::invalid_model, "expected inputs and outputs for " + std::to_string(loop.carried) +
                                                     " variables, got " + std::to_string(node.inputs.size()) +
                                                     " inputs and " + std::to_string(outputs) + " outputs");
    return check_subgraph(loop.body.get(), node.inputs.size(), outputs + 1);
}

} // namespace vkseg
