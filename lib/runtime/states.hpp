#pragma once

#include "vkseg/session.hpp"

/// States of recurrent networks: graph outputs that become graph inputs of the next run.
namespace vkseg {

/// A StateLink by the indices of its ends in a graph's outputs and inputs.
struct StateEnds
{
    uint32_t output = 0;
    uint32_t input = 0;
    bool is_f32 = false;
};

/// Fails with invalid_argument if a name is unknown or linked twice, or if ends cannot fit each other at any shape.
Result<std::vector<StateEnds>> find_states(const Graph& graph, std::span<const StateLink> links);

/// Adds a first guess for the inputs of states whose shapes are open: extents of 1.
std::vector<NamedShape> with_guessed_states(const Graph& graph, std::span<const StateEnds> states,
                                            std::span<const NamedShape> shapes);

/// Adds the shapes of the states' inputs that the graph leaves open: those for which input and output have the same
/// shape. Fails with invalid_argument, naming both, if shape inference from the first guess does not lead to such
/// shapes.
Result<std::vector<NamedShape>> with_state_shapes(const Graph& graph, std::span<const StateEnds> states,
                                                  std::span<const NamedShape> shapes, size_t max_memory_bytes = 0);

/// Checks that the ends of each state have the same type and shape in a graph from specialize().
Status check_states(const Graph& specialized, std::span<const StateEnds> states);

} // namespace vkseg
