#pragma once

#include "ops/plan.hpp"

namespace vkseg {

/// Fails unless the operand holds integers that can be indices.
Status check_index_type(const TensorInfo& indices);

/// Fails if an index that is known when the network is planned lies outside of its axis. The last axis of `indices`
/// holds tuples with an index for each of `extents`; a single extent is that of all indices. `allows_none` accepts
/// 2^31 - 1, which names no place.
Status check_known_indices(const Tensor* indices, std::span<const int64_t> extents, bool allows_none = false);

} // namespace vkseg
