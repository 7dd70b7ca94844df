#include "vkseg/graph.hpp"
#include "base/try.hpp"
#include "ops/valid_entries.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {

namespace {

/// Index of the last node that reads each value; outputs of the graph are read after all nodes.
std::vector<size_t> last_uses(const Graph& graph)
{
    std::vector<size_t> last(graph.values.size(), 0);
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        for (const ValueId id : graph.nodes[i].inputs)
        {
            if (id != no_value)
                last[id] = i;
        }
    }
    for (const ValueId id : graph.outputs)
        last[id] = graph.nodes.size();
    return last;
}

} // namespace

Result<Tensors> evaluate(const Graph& graph, std::span<const Tensor* const> inputs,
                         const std::function<void(double)>& progress)
{
    const std::vector<size_t> last = last_uses(graph);
    std::vector<std::optional<Tensor>> values(graph.values.size());
    for (size_t id = 0; id < values.size(); ++id)
        values[id] = graph.values[id].constant;
    for (size_t i = 0; i < graph.inputs.size(); ++i)
        values[graph.inputs[i]] = *inputs[i];
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        const Node& node = graph.nodes[i];
        std::vector<const Tensor*> arguments;
        for (const ValueId id : node.inputs)
            arguments.push_back(id == no_value ? nullptr : &*values[id]);
        Result<Tensors> results = evaluate(node.op, arguments);
        if (!results.is_ok())
            return results.status().with_context(describe(node));
        const std::optional<size_t> counted_axis = counted_axis_of(node.op);
        if (counted_axis && results->size() == 2)
            results->front() = results->front().entries(*counted_axis, 0, results->back().to_integers()[0]);
        for (size_t k = 0; k < node.outputs.size() && k < results->size(); ++k)
        {
            if (node.outputs[k] != no_value && last[node.outputs[k]] > i)
                values[node.outputs[k]] = std::move((*results)[k]);
        }
        for (const ValueId id : node.inputs)
        {
            if (id != no_value && last[id] == i)
                values[id].reset();
        }
        if (progress)
            progress(double(i + 1) / double(graph.nodes.size()));
    }
    Tensors outputs;
    for (const ValueId id : graph.outputs)
        outputs.push_back(*values[id]);
    return outputs;
}

} // namespace vkseg::reference
