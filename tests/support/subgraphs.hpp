#pragma once

#include "vkseg/graph.hpp"

/// Help for the tests of operators with subgraphs.
namespace vkseg::test {

Tensor truth(bool value);
/// The graph x → op(x) for x f32 [4].
std::shared_ptr<const Graph> function_of(Op op);
/// Runs the graph on a device in turn and compares with the reference.
void check_equals_reference(const Graph& graph, const std::vector<NamedTensor>& inputs);
/// The message with which planning refuses the graph.
std::string refusal_of(const Graph& graph);

} // namespace vkseg::test
