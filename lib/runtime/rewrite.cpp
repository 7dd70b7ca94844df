#include "base/text.hpp"
#include "base/try.hpp"
#include "runtime/fuse.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>

namespace vkseg {
namespace {

bool is_identity(const Graph& graph, const Node& node)
{
    const Value& from = graph.values[node.inputs[0]];
    const Value& to = graph.values[node.outputs[0]];
    if (from.shape != to.shape || from.constant)
        return false;
    if (const auto* unary = std::get_if<Unary>(&node.op))
        return unary->kind == UnaryKind::identity;
    if (std::holds_alternative<Cast>(node.op))
        return is_float(from.type) && is_float(to.type);
    if (std::holds_alternative<Concat>(node.op))
        return node.inputs.size() == 1;
    if (const auto* slice = std::get_if<Slice>(&node.op)) // of all values: reversed if a step is negative
        return std::ranges::all_of(slice->steps, [](int64_t step) { return step > 0; });
    if (const auto* pad = std::get_if<Pad>(&node.op))
        return std::ranges::all_of(pad->pads, [](int64_t count) { return count == 0; });
    return std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Expand>(node.op) ||
           std::holds_alternative<Tile>(node.op);
}

/// For each value, true if it is an output of the graph.
std::vector<bool> find_graph_outputs(const Graph& graph)
{
    std::vector<bool> is_output(graph.values.size());
    for (const ValueId id : graph.outputs)
        is_output[id] = true;
    return is_output;
}

void drop_identities(Graph& graph)
{
    const std::vector<bool> is_graph_output = find_graph_outputs(graph);
    std::vector<ValueId> stands_for(graph.values.size());
    for (size_t i = 0; i < stands_for.size(); ++i)
        stands_for[i] = ValueId(i);
    for (Node& node : graph.nodes)
    {
        for (ValueId& id : node.inputs)
        {
            if (id != no_value)
                id = stands_for[id];
        }
        // An output of the graph keeps its node, because callers ask for its name.
        if (!node.outputs.empty() && node.outputs[0] != no_value && !is_graph_output[node.outputs[0]] &&
            !node.inputs.empty() && node.inputs[0] != no_value && is_identity(graph, node))
            stands_for[node.outputs[0]] = node.inputs[0];
    }
}

/// The shape with extents of 1 before it, as in broadcasting.
Shape with_rank(const Shape& shape, size_t rank)
{
    Integers extents(rank - shape.rank(), 1);
    extents.insert(extents.end(), shape.begin(), shape.end());
    return Shape(extents);
}

void align_ranks(Graph& graph)
{
    std::vector<Node> nodes;
    for (Node& node : graph.nodes)
    {
        const std::vector<TensorInfo> infos = infos_of(graph, node);
        const auto output =
            std::find_if(node.outputs.begin(), node.outputs.end(), [](ValueId id) { return id != no_value; });
        if (output != node.outputs.end() && layout_rule(node.op, infos) == LayoutRule::same)
        {
            const size_t rank = graph.values[*output].shape.rank();
            const size_t data = std::min(signature(node.op).data_inputs, node.inputs.size());
            for (size_t i = 0; i < data; ++i)
            {
                if (node.inputs[i] != no_value && infos[i].shape.rank() < rank)
                    node.inputs[i] = reshaped(graph, nodes, node.inputs[i], with_rank(infos[i].shape, rank));
            }
        }
        nodes.push_back(std::move(node));
    }
    graph.nodes = std::move(nodes);
}

} // namespace

ValueId reshaped(Graph& graph, std::vector<Node>& nodes, ValueId id, const Shape& shape)
{
    const Value value = graph.values[id];
    if (value.shape == shape)
        return id;
    const std::string name = value.name + " (" + to_string(shape) + ")";
    if (value.constant)
        return graph.add_constant(name, value.constant->reshaped(shape));
    const ValueId result =
        graph.add_value({.name = name, .type = value.type, .shape = shape, .has_shape = true, .constant = {}});
    nodes.push_back(
        {.name = name, .op = Reshape{.shape = {shape.begin(), shape.end()}}, .inputs = {id}, .outputs = {result}});
    return result;
}

std::vector<int> count_readers(const Graph& graph)
{
    std::vector<int> readers(graph.values.size());
    for (const Node& node : graph.nodes)
    {
        for (const ValueId id : node.inputs)
        {
            if (id != no_value)
                ++readers[id];
        }
    }
    for (const ValueId id : graph.outputs)
        ++readers[id];
    return readers;
}

std::vector<int> find_producers(const Graph& graph)
{
    std::vector<int> producers(graph.values.size(), -1);
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        for (const ValueId id : graph.nodes[i].outputs)
        {
            if (id != no_value)
                producers[id] = int(i);
        }
    }
    return producers;
}

std::optional<float> scalar_of(const Graph& graph, ValueId id)
{
    const Value& value = graph.values[id];
    if (!value.constant || value.shape.elements() != 1)
        return std::nullopt;
    return value.constant->to_floats()[0];
}

Status rewrite(Graph& graph, bool fuse, FoldingBudget& budget)
{
    const auto run = [&](const auto& pass, auto&... more)
    {
        pass(graph, more...);
        remove_unused_nodes(graph);
    };
    run(drop_identities);
    VKSEG_TRY(split_exact_products(graph, budget)); // while products are next to the casts of their sums
    VKSEG_TRY(limit_ranks(graph));
    run(recognise_normalizations, budget); // for accuracy, not for speed: f16 cannot hold the squares
    if (fuse)
    {
        run(recognise_activations);
        run(recognise_attention);
        run(fuse_products);
        run(cancel_transposes);
        run(drop_identities);
        run(fuse_activations, budget);
        run(fuse_pads);
        run(fuse_resizes, budget);
        run(fuse_scales);
    }
    VKSEG_TRY(split_sums(graph, budget));
    if (fuse)
    {
        remove_unused_nodes(graph);
        run(fuse_residuals, budget);
        run(fuse_chains);
        run(search_unpools);
    }
    align_ranks(graph);
    return {};
}

} // namespace vkseg
