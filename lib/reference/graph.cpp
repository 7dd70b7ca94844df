#include "vkseg/graph.hpp"
#include "base/try.hpp"
#include "ops/valid_entries.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Graph& graph, std::span<const Tensor* const> inputs)
{
    std::vector<const Tensor*> values(graph.values.size(), nullptr);
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = graph.values[i].constant ? &*graph.values[i].constant : nullptr;
    for (size_t i = 0; i < graph.inputs.size(); ++i)
        values[graph.inputs[i]] = inputs[i];
    std::vector<Tensors> results(graph.nodes.size());
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        const Node& node = graph.nodes[i];
        std::vector<const Tensor*> arguments;
        for (const ValueId id : node.inputs)
            arguments.push_back(id == no_value ? nullptr : values[id]);
        Result<Tensors> outputs = evaluate(node.op, arguments);
        if (!outputs.is_ok())
            return outputs.status().with_context(describe(node));
        results[i] = *std::move(outputs);
        const std::optional<size_t> counted_axis = counted_axis_of(node.op);
        if (counted_axis && results[i].size() == 2)
            results[i][0] = results[i][0].first_entries(*counted_axis, results[i][1].to_integers()[0]);
        for (size_t k = 0; k < node.outputs.size() && k < results[i].size(); ++k)
        {
            if (node.outputs[k] != no_value)
                values[node.outputs[k]] = &results[i][k];
        }
    }
    Tensors outputs;
    for (const ValueId id : graph.outputs)
        outputs.push_back(*values[id]);
    return outputs;
}

} // namespace vkseg::reference
