#pragma once

#include "vkseg/graph.hpp"
#include "vkseg/status.hpp"

#include <span>

/// If and Loop become the nodes of their subgraphs when a network is planned.
namespace vkseg {

/// Node `output` = `input`.
Node alias(const Graph& graph, ValueId input, ValueId output);

/// Nodes that compute `output` from tensors, at least one, by joining them along a new axis. The last node, which
/// joins, is called `name`.
std::vector<Node> stacked(Graph& graph, std::span<const ValueId> tensors, int64_t axis, const std::string& name,
                          ValueId output);

/// Nodes that compute `outputs` as the subgraph does from `inputs`: values of `graph`, which gets the subgraph's other
/// values. `place` begins the names of the new nodes and values. `outputs` may have no_value.
std::vector<Node> inlined(Graph& graph, const Graph& subgraph, std::span<const ValueId> inputs,
                          std::span<const ValueId> outputs, const std::string& place);

/// A Loop after some of its turns.
struct LoopState
{
    Node node;                                 ///< its inputs are those of the next turn
    int64_t turn = 0;                          ///< number of turns taken
    std::vector<std::vector<ValueId>> results; ///< for each output after the variables, the results of the turns
};

/// The nodes of the loop's next turn, after which `loop` is the state. The subgraph must have the numbers of inputs and
/// outputs that Loop names.
std::vector<Node> next_turn(Graph& graph, LoopState& loop);

/// Nodes that compute the loop's outputs after its last turn. Fails if the loop has results, but takes no turn, so that
/// their shape is not known.
Result<std::vector<Node>> last_turn(Graph& graph, const LoopState& loop);

/// Fails unless the numbers of inputs and outputs of node and subgraphs match.
Status check_subgraphs(const Node& node);

} // namespace vkseg
