#include "ops/elementwise/chain.hpp"
#include "runtime/fuse.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Index of `id` among the chain's inputs, appended if it is new; none if the chain is full.
std::optional<int> input_number(Links& links, ValueId id)
{
    const auto found = std::find(links.inputs.begin(), links.inputs.end(), id);
    if (found == links.inputs.end() && links.inputs.size() == max_chain_inputs)
        return std::nullopt;
    const auto number = int(found - links.inputs.begin());
    if (found == links.inputs.end())
        links.inputs.push_back(id);
    return number;
}

/// Appends to the chain the function that `node` applies to `value`, the chain's result so far. False if no chain can
/// do that.
bool append(const Graph& graph, const Node& node, ValueId value, Links& links)
{
    ChainStep step;
    if (const auto* unary = std::get_if<Unary>(&node.op))
        step.function = *unary;
    else
    {
        step.function = std::get<Binary>(node.op);
        step.is_second = node.inputs[0] != value;
        const ValueId other = node.inputs[step.is_second ? 0 : 1];
        const std::optional<float> scalar = scalar_of(graph, other);
        // A scalar of a higher rank would raise the rank of the result.
        if (scalar && graph.values[other].shape.rank() <= graph.values[value].shape.rank())
            step.constant = *scalar;
        else
        {
            const std::optional<int> number = input_number(links, other);
            if (!number)
                return false;
            step.operand = *number;
        }
    }
    if (links.chain.steps.size() == max_chain_steps || !is_chainable(step))
        return false;
    links.chain.steps.push_back(step);
    return true;
}

/// The inputs that the node computes from; other inputs are parameters, which are already in its attributes.
std::span<const ValueId> operands(const Node& node)
{
    return std::span(node.inputs).first(std::holds_alternative<Unary>(node.op) ? 1 : node.inputs.size());
}

bool is_elementwise(const Graph& graph, const Node& node)
{
    const bool is_chain = std::holds_alternative<Chain>(node.op); // of floats or bytes
    const auto is_number = [&](ValueId id) { return id != no_value && (is_chain || is_float(graph.values[id].type)); };
    const bool has_kind = is_chain || std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op);
    return has_kind && node.outputs.size() == 1 && is_number(node.outputs[0]) &&
           std::ranges::all_of(operands(node), is_number);
}

} // namespace

std::optional<Links> links_of(const Graph& graph, const Node& node)
{
    if (!is_elementwise(graph, node))
        return std::nullopt;
    if (const auto* chain = std::get_if<Chain>(&node.op))
        return Links{.chain = *chain, .inputs = node.inputs};
    for (const ValueId id : operands(node))
    {
        if (scalar_of(graph, id))
            continue;
        Links links = {.chain = {}, .inputs = {id}};
        if (append(graph, node, id, links))
            return links;
    }
    return std::nullopt;
}

namespace {

/// Makes `next`, the only reader of `first`, a chain that begins with `first`. The two must have the same shape.
bool prepend(Graph& graph, const Node& first, Node& next)
{
    std::optional<Links> links = links_of(graph, first);
    const ValueId value = first.outputs[0];
    if (!links || graph.values[value].shape != graph.values[next.outputs[0]].shape)
        return false;
    if (!append(graph, next, value, *links))
        return false;
    next.op = links->chain;
    next.inputs = links->inputs;
    return true;
}

} // namespace

void fuse_chains(Graph& graph)
{
    const std::vector<int> readers = count_readers(graph);
    const std::vector<int> producers = find_producers(graph);
    for (Node& next : graph.nodes)
    {
        if (!is_elementwise(graph, next))
            continue;
        for (const ValueId id : operands(next))
        {
            if (producers[id] < 0 || readers[id] != 1)
                continue;
            Node& first = graph.nodes[size_t(producers[id])];
            if (!is_elementwise(graph, first) || !prepend(graph, first, next))
                continue;
            first.outputs[0] = no_value;
            break;
        }
    }
}

} // namespace vkseg
