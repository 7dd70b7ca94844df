#pragma once

#include "runtime/program.hpp"

/// Which nodes' results leave the range of the type that they are stored in.
namespace vkseg {

/// Makes every float of the graph an output, behind those that it has.
void keep_all_values(Graph& graph);

/// `outputs` are those of the program's graph, in order. In the order in which nodes are computed.
std::vector<RangeFault> find_range_faults(const Program& program, std::span<const NamedTensor> outputs);

} // namespace vkseg
