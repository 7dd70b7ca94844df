#pragma once

#include "ops/plan.hpp"

#include <string>

/// Plans of one operator, without a device: what limits lead to.
namespace vkseg::test {

/// The least limits, with the preferences of software devices and of a discrete GPU (lib/vk/quirks.cpp).
Limits software_limits();
Limits discrete_limits();

/// A tensor of its own, in blocked layout.
Operand packed(const Shape& shape, Storage storage = Storage::f32);

struct PlanOptions
{
    Storage real = Storage::f32;
    const ConvolutionChoice* choice = nullptr;
    bool allow_winograd = true;
};

/// Of a convolution, transposed or not.
Plan plan_of(const Op& op, const Shape& x, const Shape& weights, const Limits& limits, const PlanOptions& options = {});

/// That it launches, a name and a space each.
std::string kernels_of(const Plan& plan);

} // namespace vkseg::test
