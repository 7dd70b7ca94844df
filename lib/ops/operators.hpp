#pragma once

#include "ops/packing.hpp"
#include "ops/plan.hpp"

/// Every operator as functions of values. lib/ops/X.cpp defines the functions of operator X; std::visit calls them, so
/// that a missing function is a link error.
namespace vkseg {

/// Which layouts an operator's kernels take for its data inputs and outputs.
enum class LayoutRule : uint8_t
{
    blocked, ///< all blocked
    linear,  ///< all linear
    same, ///< either, but the same for all (elementwise); the planner has brought all data inputs to the output's rank
    any,  ///< any mixture
};

/// infer: shapes and types of all outputs, or an error in the node.
/// layout_rule: the rule for these inputs, which infer has accepted.
/// plan: the launches; fails only if they exceed a device limit.
#define VKSEG_DECLARE_OPERATOR(Type)                                                                                   \
    Result<Outputs> infer(const Type& op, Inputs inputs);                                                              \
    LayoutRule layout_rule(const Type& op, Inputs inputs);                                                             \
    Result<Plan> plan(const Type& op, const PlanRequest& request);

VKSEG_DECLARE_OPERATOR(Conv)
VKSEG_DECLARE_OPERATOR(ConvTranspose)
VKSEG_DECLARE_OPERATOR(Pool)
VKSEG_DECLARE_OPERATOR(MaxUnpool)
VKSEG_DECLARE_OPERATOR(BedOfNails)
VKSEG_DECLARE_OPERATOR(Resize)
VKSEG_DECLARE_OPERATOR(BatchNormalization)
VKSEG_DECLARE_OPERATOR(InstanceNormalization)
VKSEG_DECLARE_OPERATOR(LayerNormalization)
VKSEG_DECLARE_OPERATOR(Lrn)
VKSEG_DECLARE_OPERATOR(Unary)
VKSEG_DECLARE_OPERATOR(Binary)
VKSEG_DECLARE_OPERATOR(Chain)
VKSEG_DECLARE_OPERATOR(Where)
VKSEG_DECLARE_OPERATOR(Cast)
VKSEG_DECLARE_OPERATOR(Concat)
VKSEG_DECLARE_OPERATOR(Split)
VKSEG_DECLARE_OPERATOR(Slice)
VKSEG_DECLARE_OPERATOR(Pad)
VKSEG_DECLARE_OPERATOR(Transpose)
VKSEG_DECLARE_OPERATOR(Reshape)
VKSEG_DECLARE_OPERATOR(Expand)
VKSEG_DECLARE_OPERATOR(Tile)
VKSEG_DECLARE_OPERATOR(Gather)
VKSEG_DECLARE_OPERATOR(DepthToSpace)
VKSEG_DECLARE_OPERATOR(SpaceToDepth)
VKSEG_DECLARE_OPERATOR(Softmax)
VKSEG_DECLARE_OPERATOR(ArgReduce)
VKSEG_DECLARE_OPERATOR(Reduce)
VKSEG_DECLARE_OPERATOR(MatMul)
VKSEG_DECLARE_OPERATOR(Gemm)
VKSEG_DECLARE_OPERATOR(ShapeOf)
VKSEG_DECLARE_OPERATOR(ConstantOfShape)
VKSEG_DECLARE_OPERATOR(Range)
VKSEG_DECLARE_OPERATOR(PictureToTensor)
VKSEG_DECLARE_OPERATOR(TensorToMask)
VKSEG_DECLARE_OPERATOR(DenseCrf)
#undef VKSEG_DECLARE_OPERATOR

// The functions below have a default; operators that need another overload it.

/// Number of leading inputs that are data on the device; the inputs after them are parameters: weights and attributes.
template <class Op>
size_t data_inputs(const Op&, Inputs)
{
    return 1;
}
inline size_t data_inputs(const MaxUnpool&, Inputs)
{
    return 2;
}
inline size_t data_inputs(const Binary&, Inputs)
{
    return 2;
}
inline size_t data_inputs(const Chain&, Inputs inputs)
{
    return inputs.size();
}
inline size_t data_inputs(const Where&, Inputs)
{
    return 3;
}
inline size_t data_inputs(const Concat&, Inputs inputs)
{
    return inputs.size();
}
inline size_t data_inputs(const Gather&, Inputs)
{
    return 2;
}
inline size_t data_inputs(const MatMul&, Inputs)
{
    return 2;
}
inline size_t data_inputs(const Gemm&, Inputs)
{
    return 3;
}
inline size_t data_inputs(const TensorToMask&, Inputs)
{
    return 2;
}
inline size_t data_inputs(const DenseCrf&, Inputs)
{
    return 2;
}
inline size_t data_inputs(const ConstantOfShape&, Inputs)
{
    return 0;
}
inline size_t data_inputs(const Range&, Inputs)
{
    return 0;
}

/// Number of trailing inputs that are also data.
template <class Op>
size_t trailing_data_inputs(const Op&)
{
    return 0;
}
inline size_t trailing_data_inputs(const Conv& op)
{
    return size_t(op.has_scale) + size_t(op.has_residual);
}

/// Copies the constant parameters that are attributes (shape, axes, scales, …) into `op`, so that infer, plan and the
/// reference read attributes only. Fails if a parameter is not constant or does not fit.
template <class Op>
Status resolve(Op&, Inputs)
{
    return {};
}
Status resolve(MaxUnpool& op, Inputs inputs);
Status resolve(Resize& op, Inputs inputs);
Status resolve(Unary& op, Inputs inputs); // Clip takes its bounds as inputs since opset 11
Status resolve(Split& op, Inputs inputs);
Status resolve(Slice& op, Inputs inputs);
Status resolve(Pad& op, Inputs inputs);
Status resolve(Reshape& op, Inputs inputs);
Status resolve(Expand& op, Inputs inputs);
Status resolve(Tile& op, Inputs inputs);
Status resolve(Reduce& op, Inputs inputs);
Status resolve(LayerNormalization& op, Inputs inputs);

/// The weights in a layout that plan returned.
template <class Op>
Packing pack(const Op&, Inputs, const WeightLayout&, Storage)
{
    return {};
}
Packing pack(const Conv& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const ConvTranspose& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const Resize& op, Inputs inputs, const WeightLayout& layout,
             Storage storage); // positions and weights of the taps
Packing pack(const ArgReduce& op, Inputs inputs, const WeightLayout& layout,
             Storage storage); // the same, if it resizes
Packing pack(const BatchNormalization& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const InstanceNormalization& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const LayerNormalization& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const DenseCrf& op, Inputs inputs, const WeightLayout& layout, Storage storage);

/// Number of multiply-accumulate operations of convolutions and matrix products, the usual measure of a network's cost.
template <class Op>
int64_t multiply_adds(const Op&, Inputs, const Outputs&)
{
    return 0;
}
int64_t multiply_adds(const Conv& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const ConvTranspose& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const MatMul& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const Gemm& op, Inputs inputs, const Outputs& outputs);

/// True for the first and last operators of a segmentation: their u8 inputs and outputs are stored as bytes, not as
/// i32.
template <class Op>
bool has_picture_bytes(const Op&)
{
    return false;
}
inline bool has_picture_bytes(const PictureToTensor&)
{
    return true;
}
inline bool has_picture_bytes(const TensorToMask&)
{
    return true;
}

/// The same functions for any operator.
Result<Outputs> infer(const Op& op, Inputs inputs);
LayoutRule layout_rule(const Op& op, Inputs inputs);
Result<Plan> plan(const Op& op, const PlanRequest& request);
size_t data_inputs(const Op& op, Inputs inputs);
size_t trailing_data_inputs(const Op& op);
bool is_data_input(const Op& op, Inputs inputs, size_t input);
Status resolve(Op& op, Inputs inputs);
Packing pack(const Op& op, Inputs inputs, const WeightLayout& layout, Storage storage);
int64_t multiply_adds(const Op& op, Inputs inputs, const Outputs& outputs);
bool has_picture_bytes(const Op& op);

} // namespace vkseg
