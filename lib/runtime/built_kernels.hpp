#pragma once

#include "ops/plan.hpp"
#include "vkseg/status.hpp"

#include <functional>

namespace vkseg {

/// Plans some work for limits and for a measured choice among kernels; null: the rules choose.
using PlanFor = std::function<Result<Plan>(const Limits&, const ConvolutionChoice*)>;

/// A plan whose kernels this build of the library all has: for the device's limits and `choice`. If a build for certain
/// networks (VKSEG_SHADERS_FOR, docs/size.md) lacks a kernel of that plan, the work is planned by rules for
/// plainest(limits) instead. Fails, naming the kernel, if the second plan lacks one, too.
Result<Plan> plan_with_built_kernels(const Limits& limits, const ConvolutionChoice* choice, const PlanFor& plan_for);

/// Limits that every device meets: the specification's guarantees, without preferences. Sizes of bindings and
/// allocations stay, so that no tensor becomes too large.
Limits plainest(const Limits& limits);

} // namespace vkseg
