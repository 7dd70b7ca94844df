#pragma once

#include "ops/plan.hpp"

#include <string>

/// Plans single operators without a device, to test decisions that depend on limits.
namespace vkseg::test {

/// The specification's minimum limits, with the preferences (lib/vk/quirks.cpp) of software devices or a discrete GPU.
Limits software_limits();
Limits discrete_limits();

/// A contiguous tensor in blocked layout.
Operand packed(const Shape& shape, Storage storage = Storage::f32);

struct PlanOptions
{
    Storage real = Storage::f32;
    const ConvolutionChoice* choice = nullptr;
    bool allow_winograd = true;
};

/// Plans a convolution or a transposed convolution.
Plan plan_of(const Op& op, const Shape& x, const Shape& weights, const Limits& limits, const PlanOptions& options = {});

/// Names of the kernels that the plan launches, each followed by a space.
std::string kernels_of(const Plan& plan);

} // namespace vkseg::test
