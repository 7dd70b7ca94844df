#pragma once

#include "vkseg/session.hpp"

/// The shapes that a caller gives to the inputs of a graph.
namespace vkseg {

/// Checks that the inputs have these names and may have these shapes.
Status check_input_shapes(const Graph& graph, std::span<const NamedShape> shapes);

/// Gives these shapes to the graph's inputs, after the same check. Inputs without values become constants.
Status set_input_shapes(Graph& graph, std::span<const NamedShape> shapes);

} // namespace vkseg
