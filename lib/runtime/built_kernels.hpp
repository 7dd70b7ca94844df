#pragma once

#include "ops/plan.hpp"
#include "vkseg/status.hpp"

#include <functional>

namespace vkseg {

/// Plans some work for limits and, where that was measured, for a choice among kernels; null: by rules.
using PlanFor = std::function<Result<Plan>(const Limits&, const ConvolutionChoice*)>;

/// A plan with kernels that this build of the library has: for the device's limits and `choice` or, where a build for
/// certain networks (VKSEG_SHADERS_FOR, docs/size.md) lacks a kernel of that plan, for the plainest limits by rules.
/// Fails, naming the kernel, if that plan lacks one, too.
Result<Plan> plan_with_built_kernels(const Limits& limits, const ConvolutionChoice* choice, const PlanFor& plan_for);

/// The least that every device has: what the specification guarantees, and no preferences. Sizes of bindings and
/// allocations stay, so that no tensor becomes too large.
Limits plainest(const Limits& limits);

} // namespace vkseg
