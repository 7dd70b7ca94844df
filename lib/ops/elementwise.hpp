#pragma once

#include "ops/plan.hpp"

/// What the elementwise operators share: broadcasting, checks and the launches of their kernels.
namespace vkseg {

/// The shape that NumPy broadcasts both to, or what does not fit.
Result<Shape> broadcast(const Shape& a, const Shape& b);

/// Classes of types that do not mix without a Cast.
bool is_integer(DType type); ///< integers proper: booleans are not
/// The type of a result of two operands of one class: theirs, or the class's widest that vkseg computes in.
Result<DType> common_type(DType a, DType b);

/// Which range integer results of this type wrap to, as shaders know it (shared/elementwise.h).
uint32_t narrowing(DType type);

/// The rule `same`, but linear where blocked kernels cannot follow the broadcast: depth or height alone of a volume.
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
    std::vector<uint32_t> specialization = {};         ///< constants 3 and 4
    std::vector<uint32_t> further_specialization = {}; ///< constants 6 and up
    float alpha = 0;
    float beta = 0;
    double operations_per_value = 1;
    bool reads_texels = false; ///< in_step has a build for texel buffers, of its floats
};

/// Adds its launches to `plan`, in as many windows as the largest binding asks for. `operands`: the output, then what
/// the kernel reads.
Status add_elementwise(Plan& plan, const ElementwiseKernel& kernel, std::span<const BoundOperand> operands,
                       const Limits& limits);

/// The plan of a node that is nothing else: from its first `operand_count` inputs to its output.
Result<Plan> plan_elementwise(const ElementwiseKernel& kernel, const PlanRequest& request, size_t operand_count);

} // namespace vkseg
