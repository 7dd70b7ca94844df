#pragma once

#include "ops/operators.hpp"

/// Finds normalisations written out as arithmetic.
namespace vkseg {

/// A normalisation of x with its constant scale and bias, each no_value if there is none.
struct Normalization
{
    ValueId x = no_value;
    LayerNormalization op;
    ValueId scale = no_value;
    ValueId bias = no_value;
};

/// The normalisation that ends in `node`, with the nodes before it. `producers` is find_producers(graph).
std::optional<Normalization> find_normalization(const Graph& graph, std::span<const int> producers, const Node& node);

} // namespace vkseg
