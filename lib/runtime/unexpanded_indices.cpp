#include "runtime/unexpanded_indices.hpp"

#include "ops/shape_rules.hpp"

namespace vkseg {

void read_unexpanded_indices(const Graph& graph, Node& node, std::span<const int> producers)
{
    const auto* scatter = std::get_if<ScatterElements>(&node.op);
    if (scatter == nullptr)
        return;
    const ValueId id = node.inputs[1];
    if (id >= producers.size() || producers[id] < 0)
        return;
    const Node& producer = graph.nodes[size_t(producers[id])];
    if (!std::holds_alternative<Expand>(producer.op))
        return;
    const Shape& expanded = graph.values[id].shape;
    const Shape& source = graph.values[producer.inputs[0]].shape;
    const Result<size_t> axis = resolve_axis(scatter->axis, expanded.rank());
    if (axis.is_ok() && source.rank() == expanded.rank() && source[*axis] == expanded[*axis])
        node.inputs[1] = producer.inputs[0];
}

} // namespace vkseg
