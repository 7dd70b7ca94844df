#pragma once

#include "base/budget.hpp"
#include "ops/operators.hpp"

/// Computes nodes on the host whose inputs are constants, as far as a budget reaches.
namespace vkseg {

/// The constants that a node yields if it can be computed now; empty if it must wait for the device.
Result<std::vector<Tensor>> fold(const Node& node, std::span<const TensorInfo> infos, const Outputs& outputs,
                                 FoldingBudget& budget);

/// Leaves only the valid entries of a folded output, whose number is known now.
void cut_to_count(const Op& op, std::vector<Tensor>& folded, Outputs& outputs);

/// Repeats the value of a ConstantOfShape on the device if doing so on the host would cost too much.
void spread_on_device(Graph& graph, Node& node, const Outputs& outputs, const FoldingBudget& budget);

/// Charges the budget for constant indices, which are read one by one to infer a shape.
Status charge_indices(const Node& node, std::span<const TensorInfo> infos, FoldingBudget& budget);

} // namespace vkseg
