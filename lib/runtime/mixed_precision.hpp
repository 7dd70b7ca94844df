#pragma once

#include "vkseg/graph.hpp"

/// What of a network halves cannot hold, as its constants and operators show.
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
