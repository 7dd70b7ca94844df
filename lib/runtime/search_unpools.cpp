#include "runtime/fuse.hpp"

namespace vkseg {
namespace {

/// The pool that made these indices, if they are in row-major order and the pooled tensor has the shape of `y`.
const Pool* pool_of(const Graph& graph, const std::vector<int>& producers, ValueId indices, const Value& y)
{
    if (producers[indices] < 0)
        return nullptr;
    const Node& node = graph.nodes[size_t(producers[indices])];
    const auto* pool = std::get_if<Pool>(&node.op);
    const bool fits = pool != nullptr && !pool->column_major_indices && graph.values[node.inputs[0]].shape == y.shape;
    return fits ? pool : nullptr;
}

} // namespace

void search_unpools(Graph& graph)
{
    const std::vector<int> producers = find_producers(graph);
    for (Node& node : graph.nodes)
    {
        auto* unpool = std::get_if<MaxUnpool>(&node.op);
        if (unpool == nullptr)
            continue;
        if (const Pool* pool = pool_of(graph, producers, node.inputs[1], graph.values[node.outputs[0]]))
            unpool->pool = pool->window;
    }
}

} // namespace vkseg
