#include "vkseg/graph.hpp"

namespace vkseg {
namespace {

const char* name_of(const Conv&)
{
    return "Conv";
}
const char* name_of(const ConvTranspose&)
{
    return "ConvTranspose";
}
const char* name_of(const MaxUnpool&)
{
    return "MaxUnpool";
}
const char* name_of(const BedOfNails&)
{
    return "BedOfNails";
}
const char* name_of(const Resize&)
{
    return "Resize";
}
const char* name_of(const BatchNormalization&)
{
    return "BatchNormalization";
}
const char* name_of(const InstanceNormalization&)
{
    return "InstanceNormalization";
}
const char* name_of(const LayerNormalization& op)
{
    switch (op.kind)
    {
    case NormalizationKind::layer:
        return "LayerNormalization";
    case NormalizationKind::rms:
        return "RMSNormalization";
    case NormalizationKind::l2:
        return "LpNormalization";
    }
    return "?";
}
const char* name_of(const Lrn&)
{
    return "LRN";
}
const char* name_of(const Where&)
{
    return "Where";
}
const char* name_of(const Cast&)
{
    return "Cast";
}
const char* name_of(const Concat&)
{
    return "Concat";
}
const char* name_of(const Split&)
{
    return "Split";
}
const char* name_of(const Slice&)
{
    return "Slice";
}
const char* name_of(const Pad&)
{
    return "Pad";
}
const char* name_of(const Transpose&)
{
    return "Transpose";
}
const char* name_of(const Expand&)
{
    return "Expand";
}
const char* name_of(const Tile&)
{
    return "Tile";
}
const char* name_of(const Gather&)
{
    return "Gather";
}
const char* name_of(const DepthToSpace&)
{
    return "DepthToSpace";
}
const char* name_of(const SpaceToDepth&)
{
    return "SpaceToDepth";
}
const char* name_of(const Softmax& op)
{
    return op.is_log ? "LogSoftmax" : "Softmax";
}
const char* name_of(const ArgReduce& op)
{
    return op.is_min ? "ArgMin" : "ArgMax";
}
const char* name_of(const MatMul&)
{
    return "MatMul";
}
const char* name_of(const Gemm&)
{
    return "Gemm";
}
const char* name_of(const ShapeOf& op)
{
    return op.is_size ? "Size" : "Shape";
}
const char* name_of(const ConstantOfShape&)
{
    return "ConstantOfShape";
}
const char* name_of(const Range&)
{
    return "Range";
}

const char* name_of(const Pool& op)
{
    switch (op.kind)
    {
    case PoolKind::max:
        return "MaxPool";
    case PoolKind::average:
        return "AveragePool";
    case PoolKind::lp:
        return "LpPool";
    }
    return "?";
}

const char* name_of(const Reshape& op)
{
    switch (op.kind)
    {
    case ReshapeKind::reshape:
        return "Reshape";
    case ReshapeKind::flatten:
        return "Flatten";
    case ReshapeKind::squeeze:
        return "Squeeze";
    case ReshapeKind::unsqueeze:
        return "Unsqueeze";
    }
    return "?";
}

// The tables are in the order of the enumerators; their sizes are checked against the last enumerator.
constexpr const char* unary_names[] = {
    "Identity", "Relu",     "LeakyRelu",       "Elu",  "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh",
    "Softplus", "Softsign", "ThresholdedRelu", "Clip", "Exp",  "Log",  "Sqrt",    "Abs",         "Neg",       "Floor",
    "Ceil",     "Round",    "Reciprocal",      "Erf",  "Mish", "Gelu", "Gelu",    "Sign",        "Sin",       "Cos",
    "Not",
};
static_assert(std::size(unary_names) == size_t(UnaryKind::logical_not) + 1);

constexpr const char* binary_names[] = {
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Min",
    "Max",
    "Pow",
    "PRelu",
    "Mod",
    "Mod",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "And",
    "Or",
    "Xor",
};
static_assert(std::size(binary_names) == size_t(BinaryKind::logical_xor) + 1);

constexpr const char* reduce_names[] = {
    "ReduceMean",      "ReduceSum", "ReduceMax", "ReduceMin",    "ReduceProd",
    "ReduceSumSquare", "ReduceL1",  "ReduceL2",  "ReduceLogSum", "ReduceLogSumExp",
};
static_assert(std::size(reduce_names) == size_t(ReduceKind::log_sum_exp) + 1);

const char* name_of(const PictureToTensor&)
{
    return "PictureToTensor";
}
const char* name_of(const TensorToMask&)
{
    return "TensorToMask";
}
const char* name_of(const DenseCrf&)
{
    return "DenseCrf";
}

const char* name_of(const Unary& op)
{
    return unary_names[size_t(op.kind)];
}

const char* name_of(const Binary& op)
{
    return binary_names[size_t(op.kind)];
}

/// Name made of the names of the steps: "Mul+Add+Relu".
std::string name_of(const Chain& op)
{
    std::string name;
    for (const ChainStep& step : op.steps)
        name += (name.empty() ? "" : "+") +
                std::visit([](const auto& function) { return std::string(name_of(function)); }, step.function);
    return name;
}

const char* name_of(const Reduce& op)
{
    if (op.all_spatial && op.kind == ReduceKind::mean)
        return "GlobalAveragePool";
    if (op.all_spatial && op.kind == ReduceKind::max)
        return "GlobalMaxPool";
    return reduce_names[size_t(op.kind)];
}

} // namespace

std::string name(const Op& op)
{
    return std::visit([](const auto& o) -> std::string { return name_of(o); }, op);
}

} // namespace vkseg
