#include "elementwise/chain.h"

#include "base/try.hpp"
#include "ops/elementwise/chain.hpp"
#include "ops/elementwise/elementwise.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <bit>

namespace vkseg {
namespace {

static_assert(max_chain_inputs == size_t(contract::chain_constant));

/// A step as the shader knows it.
struct KernelStep
{
    int function = contract::chain_add;
    int operand = contract::chain_constant;
    float a = 0;
    float b = 0;
};

std::optional<KernelStep> kernel_step(const Unary& unary)
{
    switch (unary.kind)
    {
    case UnaryKind::relu:
        return KernelStep{.function = contract::chain_max};
    case UnaryKind::leaky_relu:
        return KernelStep{.function = contract::chain_prelu, .a = unary.a};
    case UnaryKind::clip:
        return KernelStep{.function = contract::chain_clip, .a = unary.a, .b = unary.b};
    case UnaryKind::hard_sigmoid:
        return KernelStep{.function = contract::chain_hard_sigmoid, .a = unary.a, .b = unary.b};
    case UnaryKind::hard_swish:
        return KernelStep{.function = contract::chain_hard_swish};
    case UnaryKind::abs:
        return KernelStep{.function = contract::chain_abs};
    case UnaryKind::neg:
        return KernelStep{.function = contract::chain_mul, .a = -1};
    case UnaryKind::reciprocal:
        return KernelStep{.function = contract::chain_div_into, .a = 1};
    case UnaryKind::round:
        return KernelStep{.function = contract::chain_round};
    case UnaryKind::sqrt:
        return KernelStep{.function = contract::chain_sqrt};
    case UnaryKind::exp:
        return KernelStep{.function = contract::chain_exp};
    case UnaryKind::sigmoid:
        return KernelStep{.function = contract::chain_sigmoid};
    case UnaryKind::tanh:
        return KernelStep{.function = contract::chain_tanh};
    default:
        return std::nullopt;
    }
}

std::optional<int> kernel_function(const ChainStep& step, BinaryKind kind)
{
    switch (kind)
    {
    case BinaryKind::add:
        return contract::chain_add;
    case BinaryKind::sub:
        return step.is_second ? contract::chain_sub_from : contract::chain_sub;
    case BinaryKind::mul:
        return contract::chain_mul;
    case BinaryKind::div:
        return step.is_second ? contract::chain_div_into : contract::chain_div;
    case BinaryKind::min:
        return contract::chain_min;
    case BinaryKind::max:
        return contract::chain_max;
    case BinaryKind::prelu:
        return step.is_second ? std::nullopt : std::optional<int>(contract::chain_prelu);
    case BinaryKind::pow: {
        const bool is_constant = step.operand < 0 && !step.is_second;
        if (is_constant && step.constant == 2)
            return contract::chain_square;
        return is_constant && step.constant == 0.5f ? std::optional<int>(contract::chain_sqrt) : std::nullopt;
    }
    default:
        return std::nullopt;
    }
}

std::optional<KernelStep> kernel_step(const ChainStep& step)
{
    if (const auto* unary = std::get_if<Unary>(&step.function))
        return kernel_step(*unary);
    const std::optional<int> function = kernel_function(step, std::get<Binary>(step.function).kind);
    if (!function)
        return std::nullopt;
    return KernelStep{.function = *function,
                      .operand = step.operand < 0 ? contract::chain_constant : step.operand,
                      .a = step.constant};
}

/// Names of the steps: "Mul+Add+Relu".
std::string name_of(const Chain& op)
{
    std::string name;
    for (const ChainStep& step : op.steps)
        name += (name.empty() ? "" : "+") +
                std::visit([](const auto& function) { return signature(function).name; }, step.function);
    return name;
}

bool is_byte(const TensorInfo& info)
{
    return info.type == DType::i8;
}

} // namespace

Signature signature(const Chain& op)
{
    return {.name = name_of(op), .max_inputs = 3, .data_inputs = 3, .has_bytes = true};
}

bool is_chainable(const ChainStep& step)
{
    return kernel_step(step).has_value();
}

Result<Outputs> infer(const Chain& op, Inputs inputs)
{
    if (inputs.empty() || inputs.size() > max_chain_inputs || op.steps.empty() || op.steps.size() > max_chain_steps)
        return Status(StatusCode::invalid_model, "a chain has up to " + std::to_string(max_chain_inputs) +
                                                     " inputs and " + std::to_string(max_chain_steps) + " steps, got " +
                                                     std::to_string(inputs.size()) + " and " +
                                                     std::to_string(op.steps.size()));
    Shape shape;
    for (const TensorInfo& info : inputs)
    {
        if (!info.is_present || !(is_float(info.type) || info.type == DType::i8))
            return Status(StatusCode::invalid_model, "the inputs must be floats or i8");
        VKSEG_ASSIGN(shape, broadcast(shape, info.shape));
    }
    for (const ChainStep& step : op.steps)
    {
        if (step.operand >= int(inputs.size()))
            return Status(StatusCode::invalid_model, "a step reads input " + std::to_string(step.operand) + " of " +
                                                         std::to_string(inputs.size()));
        if (!is_chainable(step))
            return Status(StatusCode::unsupported, "a step is not a function that chains support");
    }
    const bool has_bytes = op.makes_bytes || std::ranges::any_of(inputs, is_byte);
    if (has_bytes && (shape.rank() < 2 || !is_blocked_broadcast(inputs)))
        return Status(StatusCode::unsupported, "bytes need a blocked tensor, got " + to_string(shape));
    return single_output(op.makes_bytes ? DType::i8 : is_byte(inputs[0]) ? DType::f32 : inputs[0].type, shape);
}

LayoutRule layout_rule(const Chain& op, Inputs inputs)
{
    if (op.makes_bytes || std::ranges::any_of(inputs, is_byte))
        return LayoutRule::blocked;
    return is_blocked_broadcast(inputs) ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const Chain& op, const PlanRequest& request)
{
    ElementwiseKernel kernel = {.in_step = Shader::chain,
                                .strided = Shader::chain_strided,
                                .variant = request.real,
                                .specialization = {{contract::chain_steps_id, op.steps.size()},
                                                   {contract::chain_inputs_id, request.inputs.size()}},
                                .operations_per_value = double(op.steps.size()),
                                .reads_texels = true};
    for (size_t i = 0; i < op.steps.size(); ++i)
    {
        const KernelStep step = *kernel_step(op.steps[i]);
        const int ids = int(i) * contract::chain_step_ids;
        kernel.specialization.set({contract::chain_function_id + ids, step.function});
        kernel.specialization.set({contract::chain_operand_id + ids, step.operand});
        kernel.specialization.set({contract::chain_a_id + ids, step.a});
        kernel.specialization.set({contract::chain_b_id + ids, step.b});
    }
    std::vector<BoundOperand> operands = {{.operand = request.outputs[0], .binding = output()}};
    for (size_t i = 0; i < max_chain_inputs; ++i)
    {
        const size_t bound = std::min(i, request.inputs.size() - 1); // the kernel declares three
        operands.push_back({.operand = request.inputs[bound], .binding = input(uint32_t(bound))});
    }
    int bytes = 0;
    for (size_t i = 0; i < operands.size(); ++i)
        bytes |= int(operands[i].operand.storage == Storage::i8) << i;
    if (bytes != 0)
    {
        kernel.in_step = Shader::chain_bytes;
        kernel.reads_texels = false;
        kernel.specialization.set({contract::chain_bytes_id, bytes});
    }
    Plan plan;
    VKSEG_TRY(add_elementwise(plan, kernel, operands, request.limits));
    return plan;
}

} // namespace vkseg
