#pragma once

#include "base/budget.hpp"
#include "ops/operators.hpp"
#include "vkseg/session.hpp"

/// From a graph with open shapes to one that can be planned.
namespace vkseg {

/// The inputs have these names, and may have these shapes.
Status check_input_shapes(const Graph& graph, std::span<const NamedShape> shapes);

/// A copy of the graph with all shapes known, parameters read into attributes, what can be computed on the host folded
/// into constants as far as the budget reaches, and nodes without use dropped. Tensors without values, inputs of the
/// graph too, are constants that no node reads as data. Value ids stay as they are.
Result<Graph> with_shapes(const Graph& graph, std::span<const NamedShape> shapes, FoldingBudget& budget);

/// Rewrites a graph with known shapes in place (rewrite.cpp): drops identities and, if `fuse`, folds batch
/// normalisation into convolutions and lets convolutions apply the activation behind them. Brings the inputs of
/// elementwise operators to one rank. Fails if what must be rewritten costs more than the budget.
Status rewrite(Graph& graph, bool fuse, FoldingBudget& budget);

/// Drops nodes of which no output is used, and marks outputs that nobody uses, or that are constants, with no_value.
void remove_unused_nodes(Graph& graph);

/// What infer, layout_rule and pack want to know of a node's inputs. Points into the graph.
std::vector<TensorInfo> infos_of(const Graph& graph, const Node& node);

} // namespace vkseg
