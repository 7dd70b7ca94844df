#pragma once

#include "ops/plan.hpp"

/// Common parts of the elementwise operators: broadcasting, checks and the launches of their kernels.
namespace vkseg {

/// The shape that NumPy broadcasts both to, or an error that says which extents do not fit.
Result<Shape> broadcast(const Shape& a, const Shape& b);

/// Floats, integers and booleans are classes of types that do not mix without a Cast.
bool is_integer(DType type); ///< integers proper: booleans are not
/// The common type of two operands of one class: their own if equal, otherwise the widest of the class that vkseg
/// computes in.
Result<DType> common_type(DType a, DType b);

/// Range that integer results of this type wrap to, as a constant of elementwise/elementwise.h.
uint32_t narrowing(DType type);

/// True if blocked kernels can follow the broadcast: no operand broadcasts depth or height alone of a volume. The
/// layout rule is then `same`, otherwise `linear`.
bool is_blocked_broadcast(Inputs inputs);

/// An operand and the memory that it lies in.
struct BoundOperand
{
    Operand operand;
    Binding binding;
};

/// A kernel that computes one output from up to three operands, element by element.
struct ElementwiseKernel
{
    Shader in_step = {};                ///< takes contract::Elementwise
    std::optional<Shader> strided = {}; ///< takes contract::ElementwiseStrided; kernels of one operand need none
    Storage variant = Storage::f32;
    Specialization specialization = {};
    float alpha = 0;
    float beta = 0;
    double operations_per_value = 1;
    bool reads_texels = false; ///< in_step has a build that reads its floats through texel buffers
};

/// Adds the kernel's launches to `plan`, one for each window if an operand is larger than a binding. `operands`: the
/// output, then the operands that the kernel reads.
Status add_elementwise(Plan& plan, const ElementwiseKernel& kernel, std::span<const BoundOperand> operands,
                       const Limits& limits);

/// The plan of a node that consists of this kernel alone: from its first `operand_count` inputs to its output.
Result<Plan> plan_elementwise(const ElementwiseKernel& kernel, const PlanRequest& request, size_t operand_count);

} // namespace vkseg
