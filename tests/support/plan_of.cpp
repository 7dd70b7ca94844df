#include "support/plan_of.hpp"

#include "ops/operators.hpp"
#include "vk/quirks.hpp"

#include <doctest/doctest.h>

namespace vkseg::test {
namespace {

Limits with_quirks(const vk::DeviceIdentity& device)
{
    Limits limits;
    vk::apply_quirks(device, limits);
    return limits;
}

} // namespace

Limits software_limits()
{
    return with_quirks({.type = VK_PHYSICAL_DEVICE_TYPE_CPU});
}

Limits discrete_limits()
{
    constexpr uint32_t nvidia = 0x10de;
    return with_quirks({.type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, .vendor_id = nvidia});
}

Operand packed(const Shape& shape, Storage storage)
{
    Operand operand = {
        .shape = shape, .storage = storage, .view = packed_view(shape, Layout::blocked), .is_present = true};
    operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(storage);
    return operand;
}

Plan plan_of(const Op& op, const Shape& x, const Shape& weights_shape, const Limits& limits, const PlanOptions& options)
{
    const Tensor weights = Tensor::from({1}, {0}); // plans depend on their shape alone
    const std::vector<TensorInfo> infos = {{.shape = x}, {.shape = weights_shape, .constant = &weights}};
    const Result<Outputs> outputs = infer(op, infos);
    REQUIRE(outputs.is_ok());
    const Operand operands[] = {packed(x, options.real), {}};
    const Operand y = packed((*outputs)[0].shape, options.real);
    const Result<Plan> found = plan(op, {.inputs = operands,
                                         .outputs = {&y, 1},
                                         .infos = infos,
                                         .limits = limits,
                                         .real = options.real,
                                         .allow_winograd = options.allow_winograd,
                                         .choice = options.choice});
    REQUIRE_MESSAGE(found.is_ok(), found.status().message());
    return *found;
}

std::string kernels_of(const Plan& plan)
{
    std::string kernels;
    for (const Dispatch& dispatch : plan.dispatches)
        kernels += std::string(shader_code(dispatch.shader).name) + " ";
    return kernels;
}

} // namespace vkseg::test
