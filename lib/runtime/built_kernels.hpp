#pragma once

#include "ops/plan.hpp"
#include "vkseg/status.hpp"

#include <functional>

namespace vkseg {

/// Rules by which some work is planned.
struct PlanRules
{
    const Limits& limits;
    const ConvolutionChoice* choice = nullptr; ///< measured choice among kernels; null: `limits` decide
    bool allow_winograd = true;
};

using PlanFor = std::function<Result<Plan>(const PlanRules&)>;

/// A plan whose kernels this build of the library all has. A build for certain networks (VKSEG_SHADERS_FOR,
/// docs/size.md) may lack kernels that the device's limits and `choice` lead to: then the work is planned without the
/// choice and, if that lacks kernels too, for plainest(limits) without Winograd, whose kernels every list holds. Fails,
/// naming the kernel, if the last plan lacks one.
Result<Plan> plan_with_built_kernels(const Limits& limits, const ConvolutionChoice* choice, const PlanFor& plan_for);

/// Limits that every device meets: the specification's guarantees, without preferences. Sizes of bindings and
/// allocations stay, so that no tensor becomes too large.
Limits plainest(const Limits& limits);

} // namespace vkseg
