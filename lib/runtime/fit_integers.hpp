#pragma once

#include "vkseg/graph.hpp"

namespace vkseg {

/// Fits the 64-bit integers of a graph with known shapes into the device's 32 bits. Brings constant operands of
/// comparisons, minima and maxima within 32 bits, if that changes no result. Fails with unsupported, naming the node,
/// if constants and shapes show that results may need more than 32 bits; results of inputs whose range is unknown wrap.
Status fit_integers(Graph& graph);

/// The comparison that gives the same for swapped operands; other operators as they are.
BinaryKind mirrored(BinaryKind kind);

} // namespace vkseg
