#pragma once

#include "ops/operators.hpp"

/// Normalisations that are written out as arithmetic.
namespace vkseg {

/// A normalisation of x, and the constants that its result is multiplied by and added to; no_value where there is none.
struct Normalization
{
    ValueId x = no_value;
    LayerNormalization op;
    ValueId scale = no_value;
    ValueId bias = no_value;
};

/// The normalisation whose result the node computes, from the nodes before it. `producers` are find_producers(graph).
std::optional<Normalization> find_normalization(const Graph& graph, std::span<const int> producers, const Node& node);

} // namespace vkseg
