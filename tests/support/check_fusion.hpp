#pragma once

#include "vkseg/session.hpp"

/// For tests of what the runtime makes of a graph.
namespace vkseg::test {

ValueId batch_normalization(Graph& graph, const std::string& name, ValueId x, int64_t channels);

std::vector<std::string> operators_after(const Graph& graph);

/// Fused and not fused, the network computes the same.
void check_fusion(const Graph& graph, const Shape& input);

} // namespace vkseg::test
