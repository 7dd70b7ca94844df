#pragma once

#include "vkseg/graph.hpp"

namespace vkseg {

/// Integers of graphs have 64 bits, those of devices 32. Brings constants that only comparisons, minima and maxima read
/// within 32 bits, where that changes no result. Fails with unsupported, naming the node, if constants and shapes show
/// that results may need more; results of inputs whose range is unknown wrap. For graphs with known shapes.
Status fit_integers(Graph& graph);

} // namespace vkseg
