#pragma once

#include "runtime/program.hpp"

/// Finds nodes whose results leave the range of their storage type.
namespace vkseg {

/// Adds all float values to the graph's outputs, after the existing ones.
void keep_all_values(Graph& graph, std::span<const StateEnds> states = {});

/// Range faults in the order in which nodes are computed. `outputs` are those of the program's graph, in order.
std::vector<RangeFault> find_range_faults(const Program& program, std::span<const NamedTensor> outputs);

} // namespace vkseg
