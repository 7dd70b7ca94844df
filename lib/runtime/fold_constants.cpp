#include "runtime/fold_constants.hpp"

#include "ops/movement/shape_of.hpp"
#include "ops/valid_entries.hpp"
#include "reference/evaluate.hpp"
#include "runtime/memory_bound.hpp"

#include <algorithm>

namespace vkseg {
namespace {

bool are_all_constant(std::span<const TensorInfo> infos)
{
    return std::all_of(infos.begin(), infos.end(),
                       [](const TensorInfo& info) { return !info.is_present || info.constant != nullptr; });
}

/// Number of values, with extents of 0 counted as 1, because memory is also allocated for each place along an axis.
int64_t count_values(const Shape& shape)
{
    int64_t count = 1;
    for (const int64_t extent : shape)
        count *= std::max<int64_t>(extent, 1);
    return count;
}

/// Number of values that folding a node computes or reads.
int64_t folded_values(const Node& node, std::span<const TensorInfo> infos, const Outputs& outputs)
{
    if (std::holds_alternative<Reshape>(node.op)) // shares its input's bytes
        return 0;
    int64_t values = 0;
    for (const TensorInfo& output : outputs)
        values += count_values(output.shape);
    if (std::holds_alternative<Reduce>(node.op)) // other operators read no more values than they compute
        values += count_values(infos[0].shape);
    if (std::holds_alternative<ScatterElements>(node.op) || std::holds_alternative<ScatterNd>(node.op))
        values += count_values(infos[2].shape);
    if (std::holds_alternative<GatherNd>(node.op) || std::holds_alternative<ScatterNd>(node.op))
        values += count_values(infos[1].shape);
    return values;
}

/// True if the device can compute the node, so that it need not be folded.
bool runs_on_device(const Op& op)
{
    return !std::holds_alternative<ConstantOfShape>(op) && !std::holds_alternative<Range>(op);
}

} // namespace

Result<std::vector<Tensor>> fold(const Node& node, std::span<const TensorInfo> infos, const Outputs& outputs,
                                 FoldingBudget& budget)
{
    if (const auto* shape_of = std::get_if<ShapeOf>(&node.op))
        return std::vector<Tensor>{shape_values(*shape_of, infos[0].shape)};
    if (!reference::is_foldable(node.op) || !are_all_constant(infos))
        return std::vector<Tensor>();
    // Weights are read as floats whatever their type is, so a cast between types of floats would only copy them.
    if (const auto* cast = std::get_if<Cast>(&node.op); cast && is_float(cast->to) && is_float(infos[0].type))
        return std::vector<Tensor>{*infos[0].constant};
    const int64_t values = folded_values(node, infos, outputs);
    if (!budget.spend(values))
    {
        if (runs_on_device(node.op))
            return std::vector<Tensor>();
        return beyond_budget(budget, to_string(outputs[0].shape));
    }
    std::vector<const Tensor*> constants;
    for (const TensorInfo& info : infos)
        constants.push_back(info.constant);
    return reference::fold(node.op, {.inputs = constants, .outputs = outputs});
}

void cut_to_count(const Op& op, std::vector<Tensor>& folded, Outputs& outputs)
{
    const std::optional<size_t> axis = counted_axis_of(op);
    if (folded.empty() || !axis)
        return;
    folded[0] = folded[0].entries(*axis, 0, folded[1].to_integers()[0]);
    outputs[0].shape = folded[0].shape();
}

void spread_on_device(Graph& graph, Node& node, const Outputs& outputs, const FoldingBudget& budget)
{
    const auto* fill = std::get_if<ConstantOfShape>(&node.op);
    const Shape& shape = outputs[0].shape;
    if (fill == nullptr || shape.elements() <= budget.values_left())
        return;
    const Tensor value = fill->value.bytes().empty() ? Tensor::from({1}, {0.0f}) : fill->value.reshaped({1});
    node.op = Expand{.shape = Integers(shape.begin(), shape.end())};
    node.inputs = {graph.add_constant(node.name + " (value)", value), node.inputs[0]};
}

Status charge_indices(const Node& node, std::span<const TensorInfo> infos, FoldingBudget& budget)
{
    const bool has_indices =
        std::holds_alternative<Gather>(node.op) || std::holds_alternative<GatherElements>(node.op) ||
        std::holds_alternative<GatherNd>(node.op) || std::holds_alternative<ScatterElements>(node.op) ||
        std::holds_alternative<ScatterNd>(node.op);
    if (!has_indices || infos.size() < 2 || infos[1].constant == nullptr || budget.spend(infos[1].constant->elements()))
        return {};
    return beyond_budget(budget, to_string(infos[1].shape) + " constant indices");
}

} // namespace vkseg
