#include "runtime/empty_tensors.hpp"

#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "ops/valid_entries.hpp"
#include "runtime/memory_bound.hpp"

#include <algorithm>
#include <limits>

namespace vkseg {
namespace {

Result<ValueId> zeros_instead(Graph& graph, ValueId id, FoldingBudget& budget)
{
    Shape shape = graph.values[id].shape;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        shape[axis] = std::max<int64_t>(shape[axis], 1);
    if (!budget.spend(shape.elements()))
        return beyond_budget(budget, to_string(shape) + " zeros");
    const auto count = size_t(shape.elements());
    Tensor zeros = is_float(graph.values[id].type) ? Tensor::from(shape, std::vector<float>(count))
                                                   : Tensor::from_integers(shape, std::vector<int64_t>(count));
    return graph.add_constant(graph.values[id].name + " (zeros)", std::move(zeros));
}

/// Lets no box pass, so that an operator that selects boxes counts none among the zeros that stand for missing ones.
void select_nothing(Node& node)
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    if (auto* nms = std::get_if<NonMaxSuppression>(&node.op))
    {
        nms->score_threshold = infinity;
        node.inputs.resize(2); // without the parameters, which have been read
    }
    if (auto* nms = std::get_if<BatchedNms>(&node.op))
        nms->score_threshold = infinity;
}

} // namespace

Status drop_empty_inputs(Graph& graph, Node& node, FoldingBudget& budget)
{
    const auto has_no_values = [&](ValueId id) { return id != no_value && is_empty(graph.values[id].shape); };
    if (std::holds_alternative<Concat>(node.op))
        std::erase_if(node.inputs, has_no_values);
    else if (std::holds_alternative<ScatterElements>(node.op) || std::holds_alternative<ScatterNd>(node.op))
    {
        if (has_no_values(node.inputs[2]))
            node = {.name = node.name, .op = Unary{}, .inputs = {node.inputs[0]}, .outputs = node.outputs};
    }
    else if (std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Gemm>(node.op) ||
             counted_axis_of(node.op))
    {
        if (std::any_of(node.inputs.begin(), node.inputs.end(), has_no_values))
            select_nothing(node);
        for (ValueId& id : node.inputs)
        {
            if (!has_no_values(id))
                continue;
            const std::optional<ValidEntries> valid = graph.values[id].valid;
            VKSEG_ASSIGN(id, zeros_instead(graph, id, budget));
            if (!counted_axis_of(node.op))
                graph.values[id].valid = valid;
        }
    }
    return {};
}

} // namespace vkseg
