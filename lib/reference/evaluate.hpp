#pragma once

#include "ops/operators.hpp"

/// The same operators on the processor, in plain loops with sums in double: what kernels are held to. The part of it
/// that shape arithmetic and constant folding need is linked into the library; the rest is the target vkseg_reference.
namespace vkseg::reference {

/// Floats come and go as f32, integers as i64, booleans as boolean; read inputs by to_floats() and to_integers().
/// Parameters stand behind the data inputs; a missing input is null. `outputs` is what infer says; attributes are
/// resolved.
struct Arguments
{
    std::span<const Tensor* const> inputs;
    std::span<const TensorInfo> outputs;
};

using Tensors = std::vector<Tensor>;

#define VKSEG_DECLARE_REFERENCE(Type) Result<Tensors> evaluate(const Type& op, const Arguments& arguments);
// What folding needs.
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
// The rest.
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

/// True for the operators in the first list, which the library itself evaluates when all their inputs are constants.
bool is_foldable(const Op& op);
/// Evaluates a foldable operator (asserted). Part of the library.
Result<Tensors> fold(const Op& op, const Arguments& arguments);
/// Evaluates any operator: resolves, infers, computes. Part of vkseg_reference.
Result<Tensors> evaluate(const Op& op, std::span<const Tensor* const> inputs);

} // namespace vkseg::reference
