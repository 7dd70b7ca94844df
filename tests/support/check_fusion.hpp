#pragma once

#include "vkseg/session.hpp"

/// Helpers for tests of graph rewrites.
namespace vkseg::test {

ValueId batch_normalization(Graph& graph, const std::string& name, ValueId x, int64_t channels);

/// Operator names of the graph after fusion, in execution order.
std::vector<std::string> operators_after(const Graph& graph);

/// Checks that the network computes the same with and without fusion.
void check_fusion(const Graph& graph, const Shape& input);

} // namespace vkseg::test
