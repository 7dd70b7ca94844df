#include "runtime/built_kernels.hpp"

#include "runtime/shader_modules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

const Dispatch* find_missing(const Plan& plan)
{
    const auto missing = std::ranges::find_if(plan.dispatches, [](const Dispatch& dispatch)
                                              { return !is_built(dispatch.shader, dispatch.variant); });
    return missing == plan.dispatches.end() ? nullptr : &*missing;
}

} // namespace

Limits plainest(const Limits& limits)
{
    Limits plain;
    plain.max_storage_buffer_range_bytes = limits.max_storage_buffer_range_bytes;
    plain.max_allocation_bytes = limits.max_allocation_bytes;
    plain.storage_buffer_alignment_bytes = limits.storage_buffer_alignment_bytes;
    plain.texel_buffer_alignment_bytes = limits.texel_buffer_alignment_bytes;
    plain.max_loop_turns = limits.max_loop_turns;
    return plain;
}

Result<Plan> plan_with_built_kernels(const Limits& limits, const ConvolutionChoice* choice, const PlanFor& plan_for)
{
    Result<Plan> plan = plan_for({.limits = limits, .choice = choice});
    if (plan.is_ok() && find_missing(*plan) != nullptr && choice != nullptr)
        plan = plan_for({.limits = limits});
    if (!plan.is_ok() || find_missing(*plan) == nullptr)
        return plan;
    const Limits plain_limits = plainest(limits);
    Result<Plan> plain = plan_for({.limits = plain_limits, .allow_winograd = false});
    const Dispatch* const missing = find_missing(plain.is_ok() ? *plain : *plan);
    if (missing == nullptr)
        return plain;
    return Status(
        StatusCode::unsupported,
        std::string("this build of the library lacks the kernel '") + shader_code(missing->shader).name + "' for " +
            build_name(missing->variant) +
            ": add a network whose description needs it to VKSEG_SHADERS_FOR, or a list of kernels (X.kernels) with "
            "this one");
}

} // namespace vkseg
