#pragma once

#include "ops/operators.hpp"

/// Reference implementations of all operators on the CPU, in plain loops with double sums; kernels are tested against
/// them. The operators that shape arithmetic and constant folding need are linked into the library; the others are the
/// target vkseg_reference.
namespace vkseg::reference {

/// Arguments of evaluate(). Floats are passed as f32, integers as i64, booleans as boolean; read inputs by to_floats()
/// and to_integers(). Parameters follow the data inputs; a missing input is null. `outputs` is the result of infer();
/// attributes are resolved.
struct Arguments
{
    std::span<const Tensor* const> inputs;
    std::span<const TensorInfo> outputs;
};

using Tensors = std::vector<Tensor>;

#define VKSEG_DECLARE_REFERENCE(Type) Result<Tensors> evaluate(const Type& op, const Arguments& arguments);
// Operators needed for folding.
VKSEG_DECLARE_REFERENCE(Unary)
VKSEG_DECLARE_REFERENCE(Binary)
VKSEG_DECLARE_REFERENCE(Where)
VKSEG_DECLARE_REFERENCE(Cast)
VKSEG_DECLARE_REFERENCE(Concat)
VKSEG_DECLARE_REFERENCE(Split)
VKSEG_DECLARE_REFERENCE(Slice)
VKSEG_DECLARE_REFERENCE(Pad)
VKSEG_DECLARE_REFERENCE(Transpose)
VKSEG_DECLARE_REFERENCE(Reshape)
VKSEG_DECLARE_REFERENCE(Expand)
VKSEG_DECLARE_REFERENCE(Tile)
VKSEG_DECLARE_REFERENCE(Gather)
VKSEG_DECLARE_REFERENCE(Reduce)
VKSEG_DECLARE_REFERENCE(ShapeOf)
VKSEG_DECLARE_REFERENCE(ConstantOfShape)
VKSEG_DECLARE_REFERENCE(Range)
// All other operators.
VKSEG_DECLARE_REFERENCE(Chain)
VKSEG_DECLARE_REFERENCE(Conv)
VKSEG_DECLARE_REFERENCE(ConvTranspose)
VKSEG_DECLARE_REFERENCE(Pool)
VKSEG_DECLARE_REFERENCE(MaxUnpool)
VKSEG_DECLARE_REFERENCE(BedOfNails)
VKSEG_DECLARE_REFERENCE(Resize)
VKSEG_DECLARE_REFERENCE(BatchNormalization)
VKSEG_DECLARE_REFERENCE(InstanceNormalization)
VKSEG_DECLARE_REFERENCE(LayerNormalization)
VKSEG_DECLARE_REFERENCE(Lrn)
VKSEG_DECLARE_REFERENCE(DepthToSpace)
VKSEG_DECLARE_REFERENCE(SpaceToDepth)
VKSEG_DECLARE_REFERENCE(Softmax)
VKSEG_DECLARE_REFERENCE(ArgReduce)
VKSEG_DECLARE_REFERENCE(MatMul)
VKSEG_DECLARE_REFERENCE(Gemm)
VKSEG_DECLARE_REFERENCE(PictureToTensor)
VKSEG_DECLARE_REFERENCE(TensorToMask)
VKSEG_DECLARE_REFERENCE(DenseCrf)
#undef VKSEG_DECLARE_REFERENCE

/// True for the operators in the first list, which the library itself evaluates if all their inputs are constants.
bool is_foldable(const Op& op);
/// Evaluates a foldable operator (asserted). Part of the library.
Result<Tensors> fold(const Op& op, const Arguments& arguments);
/// Evaluates any operator: resolves, infers, computes. Part of vkseg_reference.
Result<Tensors> evaluate(const Op& op, std::span<const Tensor* const> inputs);

} // namespace vkseg::reference
