#pragma once

#include "base/budget.hpp"
#include "ops/operators.hpp"
#include "vkseg/session.hpp"

/// Turns a graph with open shapes into one that can be planned.
namespace vkseg {

/// A copy of the graph with all shapes known, parameters read into attributes, host-computable nodes folded into
/// constants as far as the budget reaches, and unused nodes dropped. Tensors without values, including graph inputs,
/// are constants that no node reads as data. Value ids are kept.
Result<Graph> with_shapes(const Graph& graph, std::span<const NamedShape> shapes, FoldingBudget& budget);

/// Rewrites a graph with known shapes in place (rewrite.cpp): drops identities and, if `fuse`, folds batch
/// normalisation into convolutions and fuses the activations that follow. Brings the inputs of elementwise operators to
/// the same rank. Fails if a required rewrite exceeds the budget.
Status rewrite(Graph& graph, bool fuse, FoldingBudget& budget);

/// Drops nodes without a used output, and sets outputs that are unused or constant to no_value.
void remove_unused_nodes(Graph& graph);

/// Properties of a node's inputs for infer, layout_rule and pack. They point into the graph.
std::vector<TensorInfo> infos_of(const Graph& graph, const Node& node);

} // namespace vkseg
