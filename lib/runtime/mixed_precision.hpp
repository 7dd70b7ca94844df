#pragma once

#include "vkseg/graph.hpp"

/// Finds the nodes that f16 would overflow or round to zero, from constants and operators alone.
namespace vkseg {

struct MixedPrecision
{
    /// Nodes, by index, that store their operands and results as f32 although the session stores halves.
    std::vector<bool> is_f32;
    /// One line for each constant that halves do not hold.
    std::vector<std::string> warnings;
};

/// For a graph as specialize() returns it.
MixedPrecision find_mixed_precision(const Graph& graph);

} // namespace vkseg
