#include "runtime/specialize.hpp"
#include "vkseg/session.hpp"

#include <algorithm>

namespace vkseg {

std::vector<std::string> parameter_inputs(const Graph& graph)
{
    std::vector<bool> is_parameter(graph.values.size());
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    {
        const bool feeds_parameter = std::any_of(node->outputs.begin(), node->outputs.end(),
                                                 [&](ValueId id) { return id != no_value && is_parameter[id]; });
        const bool needs_only_shape = std::holds_alternative<ShapeOf>(node->op);
        const Signature facts = signature(node->op);
        const size_t first = feeds_parameter && !needs_only_shape ? 0 : facts.data_inputs;
        const size_t end = node->inputs.size() - std::min(node->inputs.size(), facts.trailing_data_inputs);
        for (size_t i = first; i < end; ++i)
        {
            if (node->inputs[i] != no_value)
                is_parameter[node->inputs[i]] = true;
        }
    }
    std::vector<std::string> names;
    for (const ValueId id : graph.inputs)
    {
        if (is_parameter[id])
            names.push_back(graph.values[id].name);
    }
    return names;
}

} // namespace vkseg
