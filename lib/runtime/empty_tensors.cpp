#include "runtime/empty_tensors.hpp"

#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/memory_bound.hpp"

namespace vkseg {
namespace {

Result<ValueId> zeros_instead(Graph& graph, ValueId id, FoldingBudget& budget)
{
    Shape shape = graph.values[id].shape;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        shape[axis] = std::max<int64_t>(shape[axis], 1);
    if (!budget.spend(shape.elements()))
        return beyond_budget(budget, to_string(shape) + " zeros");
    return graph.add_constant(graph.values[id].name + " (zeros)",
                              Tensor::from(shape, std::vector<float>(size_t(shape.elements()))));
}

} // namespace

Status drop_empty_inputs(Graph& graph, Node& node, FoldingBudget& budget)
{
    const auto has_no_values = [&](ValueId id) { return id != no_value && is_empty(graph.values[id].shape); };
    if (std::holds_alternative<Concat>(node.op))
        std::erase_if(node.inputs, has_no_values);
    else if (std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Gemm>(node.op))
    {
        for (ValueId& id : node.inputs)
        {
            if (!has_no_values(id))
                continue;
            VKSEG_ASSIGN(id, zeros_instead(graph, id, budget));
        }
    }
    return {};
}

} // namespace vkseg
