#pragma once

#include "vkseg/graph.hpp"

#include <span>

/// Finds nodes whose values f16 would overflow or round to zero, from constants and operators alone.
namespace vkseg {

struct MixedPrecision
{
    /// By node index: true if the node stores its operands and results as f32 although the session stores f16.
    std::vector<bool> is_f32;
    /// One line for each constant that f16 cannot hold.
    std::vector<std::string> warnings;
};

/// For a graph as specialize() returns it. `wide`: values that f16 may not hold.
MixedPrecision find_mixed_precision(const Graph& graph, std::span<const ValueId> wide = {});

} // namespace vkseg
