#pragma once

#include "ops/packing.hpp"
#include "ops/plan.hpp"

/// Every operator as functions of values. lib/ops/X.cpp defines the functions of operator X; std::visit calls them, so
/// that a missing function is a link error.
namespace vkseg {

struct Node;

/// Which layouts an operator's kernels take for its data inputs and outputs.
enum class LayoutRule : uint8_t
{
    blocked, ///< all blocked
    linear,  ///< all linear
    same, ///< either, but the same for all (elementwise); the planner has brought all data inputs to the output's rank
    any,  ///< any mixture
};

/// The facts about an operator that checks and the planner need before a node is planned.
struct Signature
{
    std::string name; ///< the ONNX name, if ONNX has the operator
    /// Numbers of inputs and outputs; trailing ones beyond the minimum may be left out.
    size_t min_inputs = 1;
    size_t max_inputs = 1;
    size_t min_outputs = 1;
    size_t max_outputs = 1;
    /// Number of leading inputs that are data on the device. The inputs after them are parameters: weights and
    /// attributes.
    size_t data_inputs = 1;
    size_t trailing_data_inputs = 0; ///< number of inputs after the parameters that are data too
    /// pack() reads shapes of the data inputs: the extents along `packed_axes`, or all if there are none.
    bool packs_shapes = false;
    Integers packed_axes = {};
    /// The operator is the first or last of a segmentation: its u8 inputs and outputs are stored as bytes, not as i32.
    bool has_picture_bytes = false;
    bool has_bytes = false; ///< i8 inputs and outputs are stored as bytes, in the blocked layout, not as i32
    /// All floats of the operator are stored as f32, whatever the session's precision: coordinates, and scores that
    /// decide an order.
    bool is_f32 = false;
    std::optional<size_t> f32_input = {}; ///< the only input that is stored as f32 in any case
};

constexpr size_t unlimited = ~size_t(0);

/// The node in messages: "node 'head' (Conv)".
std::string describe(const Node& node);

/// Calls a macro for each operator.
#define VKSEG_FOR_EACH_OPERATOR(F)                                                                                     \
    F(Conv)                                                                                                            \
    F(ByteConv)                                                                                                        \
    F(ConvTranspose)                                                                                                   \
    F(Pool)                                                                                                            \
    F(MaxUnpool)                                                                                                       \
    F(BedOfNails)                                                                                                      \
    F(Resize)                                                                                                          \
    F(GridSample)                                                                                                      \
    F(AffineGrid)                                                                                                      \
    F(BatchNormalization)                                                                                              \
    F(InstanceNormalization)                                                                                           \
    F(LayerNormalization)                                                                                              \
    F(Lrn)                                                                                                             \
    F(Unary)                                                                                                           \
    F(Binary)                                                                                                          \
    F(Chain)                                                                                                           \
    F(Where)                                                                                                           \
    F(Cast)                                                                                                            \
    F(Concat)                                                                                                          \
    F(Split)                                                                                                           \
    F(Slice)                                                                                                           \
    F(Pad)                                                                                                             \
    F(Transpose)                                                                                                       \
    F(Reshape)                                                                                                         \
    F(Expand)                                                                                                          \
    F(Tile)                                                                                                            \
    F(Gather)                                                                                                          \
    F(GatherElements)                                                                                                  \
    F(GatherNd)                                                                                                        \
    F(ScatterElements)                                                                                                 \
    F(ScatterNd)                                                                                                       \
    F(CumSum)                                                                                                          \
    F(Recurrent)                                                                                                       \
    F(DeformColumns)                                                                                                   \
    F(Col2im)                                                                                                          \
    F(DepthToSpace)                                                                                                    \
    F(SpaceToDepth)                                                                                                    \
    F(Softmax)                                                                                                         \
    F(ArgReduce)                                                                                                       \
    F(Reduce)                                                                                                          \
    F(MatMul)                                                                                                          \
    F(Gemm)                                                                                                            \
    F(FullyConnected)                                                                                                  \
    F(ScaledDotProductAttention)                                                                                       \
    F(Einsum)                                                                                                          \
    F(ShapeOf)                                                                                                         \
    F(ConstantOfShape)                                                                                                 \
    F(Range)                                                                                                           \
    F(If)                                                                                                              \
    F(Loop)                                                                                                            \
    F(TensorSequence)                                                                                                  \
    F(PictureToTensor)                                                                                                 \
    F(TensorToMask)                                                                                                    \
    F(DenseCrf)                                                                                                        \
    F(TopK)                                                                                                            \
    F(NonMaxSuppression)                                                                                               \
    F(BatchedNms)                                                                                                      \
    F(NonZero)                                                                                                         \
    F(Anchors)                                                                                                         \
    F(DecodeBoxes)                                                                                                     \
    F(RoiAlign)                                                                                                        \
    F(RoiPool)                                                                                                         \
    F(BoxesToPicture)                                                                                                  \
    F(PasteMasks)                                                                                                      \
    F(PasteSoftMasks)

/// infer: shapes and types of all outputs, or an error in the node.
/// layout_rule: the rule for these inputs, which infer has accepted.
/// plan: the launches; fails only if they exceed a device limit.
#define VKSEG_DECLARE_OPERATOR(Type)                                                                                   \
    Signature signature(const Type& op);                                                                               \
    Result<Outputs> infer(const Type& op, Inputs inputs);                                                              \
    LayoutRule layout_rule(const Type& op, Inputs inputs);                                                             \
    Result<Plan> plan(const Type& op, const PlanRequest& request);
VKSEG_FOR_EACH_OPERATOR(VKSEG_DECLARE_OPERATOR)
#undef VKSEG_DECLARE_OPERATOR

// The functions below have a default; operators that need another overload it.

/// Copies the constant parameters that are attributes (shape, axes, scales, …) into `op`, so that infer, plan and the
/// reference read attributes only. Fails if a parameter is not constant or does not fit.
template <class Op>
Status resolve(Op&, Inputs)
{
    return {};
}
Status resolve(MaxUnpool& op, Inputs inputs);
Status resolve(Resize& op, Inputs inputs);
Status resolve(AffineGrid& op, Inputs inputs);
Status resolve(Unary& op, Inputs inputs); // Clip takes its bounds as inputs since opset 11
Status resolve(Cast& op, Inputs inputs);
Status resolve(Split& op, Inputs inputs);
Status resolve(Slice& op, Inputs inputs);
Status resolve(Pad& op, Inputs inputs);
Status resolve(Reshape& op, Inputs inputs);
Status resolve(Expand& op, Inputs inputs);
Status resolve(Tile& op, Inputs inputs);
Status resolve(CumSum& op, Inputs inputs);
Status resolve(Col2im& op, Inputs inputs);
Status resolve(Reduce& op, Inputs inputs);
Status resolve(LayerNormalization& op, Inputs inputs);
Status resolve(TopK& op, Inputs inputs);
Status resolve(NonMaxSuppression& op, Inputs inputs);
Status resolve(DecodeBoxes& op, Inputs inputs);
Status resolve(PasteMasks& op, Inputs inputs);
Status resolve(PasteSoftMasks& op, Inputs inputs);

/// The weights in a layout that plan returned.
template <class Op>
Packing pack(const Op&, Inputs, const WeightLayout&, Storage)
{
    return {};
}
Packing pack(const Conv& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const ByteConv& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const ConvTranspose& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const Resize& op, Inputs inputs, const WeightLayout& layout,
             Storage storage); // positions and weights of the taps
Packing pack(const ArgReduce& op, Inputs inputs, const WeightLayout& layout,
             Storage storage); // the same, if it resizes
Packing pack(const BatchNormalization& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const InstanceNormalization& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const LayerNormalization& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const FullyConnected& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const Recurrent& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const DenseCrf& op, Inputs inputs, const WeightLayout& layout, Storage storage);
Packing pack(const Anchors& op, Inputs inputs, const WeightLayout& layout, Storage storage);

/// Number of multiply-accumulate operations of convolutions and matrix products, the usual measure of a network's cost.
template <class Op>
int64_t multiply_adds(const Op&, Inputs, const Outputs&)
{
    return 0;
}
int64_t multiply_adds(const Conv& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const ByteConv& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const ConvTranspose& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const MatMul& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const Gemm& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const FullyConnected& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const ScaledDotProductAttention& op, Inputs inputs, const Outputs& outputs);
int64_t multiply_adds(const Recurrent& op, Inputs inputs, const Outputs& outputs);

/// The same functions for any operator.
Signature signature(const Op& op);
Result<Outputs> infer(const Op& op, Inputs inputs);
LayoutRule layout_rule(const Op& op, Inputs inputs);
Result<Plan> plan(const Op& op, const PlanRequest& request);
Status resolve(Op& op, Inputs inputs);
Packing pack(const Op& op, Inputs inputs, const WeightLayout& layout, Storage storage);
int64_t multiply_adds(const Op& op, Inputs inputs, const Outputs& outputs);

/// The part of a data input's shape that pack() may read: 1 stands for each extent that it may not, and nothing for a
/// shape that it may not read at all. Weights are packed anew if this part changes.
Shape packed_shape(const Signature& signature, const Shape& shape);

/// True if the input is data on the device, not a parameter.
bool is_data_input(const Op& op, size_t input_count, size_t input);

} // namespace vkseg
