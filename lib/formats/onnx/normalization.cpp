// Normalisations.
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

#include <limits>

namespace vkseg::onnx {
namespace {

void read_batch_normalization(NodeReader& node)
{
    node.ignore("momentum");
    if (node.flag("training_mode", false))
        node.unsupported("attribute 'training_mode': 1 is not supported");
    if (!node.flag("spatial", true))
        node.unsupported("attribute 'spatial': 0 is not supported");
    node.emit_first_output(BatchNormalization{.epsilon = node.real("epsilon", 1e-5f)}, node.inputs());
}

void read_instance_normalization(NodeReader& node)
{
    node.emit(InstanceNormalization{.epsilon = node.real("epsilon", 1e-5f)});
}

/// The axes from `axis` to the last, a list.
ValueId axes_from(NodeReader& node, int64_t axis, ValueId x)
{
    if (axis >= 0)
    {
        const ValueId count = binary(node, BinaryKind::sub, rank(node, x), integers(node, {axis}));
        return binary(node, BinaryKind::add, range(node, count), integer(node, axis));
    }
    Integers axes;
    for (int64_t i = std::max<int64_t>(axis, -int64_t(Shape::max_rank)); i < 0; ++i)
        axes.push_back(i);
    return integers(node, std::move(axes));
}

void read_layer_normalization(NodeReader& node)
{
    node.ignore("stash_type"); // moments are always f32
    const bool is_rms = node.op_type() != "LayerNormalization";
    const LayerNormalization op = {.kind = is_rms ? NormalizationKind::rms : NormalizationKind::layer,
                                   .axes = {node.integer("axis", -1)},
                                   .epsilon = node.real("epsilon", 1e-5f),
                                   .to_last = true};
    node.emit_output(0, op, node.inputs());
    if (!node.is_wanted(1) && !node.is_wanted(2))
        return;
    if (is_rms)
        node.unsupported("outputs other than the first are not supported");
    const ValueId x = node.input(0);
    const ValueId axes = axes_from(node, op.axes[0], x);
    const ValueId mean = node.append(Reduce{}, {x, axes});
    const ValueId distance = binary(node, BinaryKind::sub, x, mean);
    const ValueId square = binary(node, BinaryKind::mul, distance, distance);
    const ValueId variance = node.append(Reduce{}, {square, axes});
    const ValueId safe = binary(node, BinaryKind::add, variance, real(node, op.epsilon));
    node.emit_output(1, Unary{.kind = UnaryKind::identity}, {mean});
    node.emit_output(2, Unary{.kind = UnaryKind::reciprocal}, {unary(node, UnaryKind::sqrt, safe)});
}

/// Instance normalisation with the channels of each group as one channel.
void read_group_normalization(NodeReader& node)
{
    node.ignore("stash_type");
    const int64_t groups = node.required_integer("num_groups");
    if (groups < 1)
    {
        node.invalid("attribute 'num_groups' must be at least 1, got " + std::to_string(groups));
        return;
    }
    constexpr int64_t scale_is_per_channel_since = 21;
    const bool is_per_channel = node.opset() >= scale_is_per_channel_since;
    const ValueId x = node.input(0);
    // These extents do not fit the number of values if the groups do not divide the channels.
    const ValueId channels = binary(node, BinaryKind::div, extent(node, x, 1), integer(node, groups));
    const ValueId divided =
        reshaped(node, x, concat(node, {extent(node, x, 0), integers(node, {groups}), channels, extents(node, x, 2)}));
    const ValueId grouped = reshaped(node, divided, Integers{0, 0, -1});
    const auto for_each_group = [&](float value)
    { return node.append(ConstantOfShape{.value = Tensor::from(Shape{1}, {value})}, {integers(node, {groups})}); };
    const InstanceNormalization op = {.epsilon = node.real("epsilon", 1e-5f)};
    ValueId y = node.append(op, {grouped, for_each_group(1), for_each_group(0)});
    const ValueId shape = extents(node, x);
    if (is_per_channel)
        y = reshaped(node, y, shape);
    y = binary(node, BinaryKind::mul, y, along_axis(node, node.input(1), 1, y));
    y = binary(node, BinaryKind::add, y, along_axis(node, node.input(2), 1, y));
    if (is_per_channel)
        node.emit(Unary{.kind = UnaryKind::identity}, {y});
    else
        node.emit(Reshape{}, {y, shape});
}

void read_mean_variance_normalization(NodeReader& node)
{
    Integers axes = node.integers("axes");
    if (axes.empty())
        axes = {0, 2, 3};
    const ValueId distance =
        binary(node, BinaryKind::sub, node.input(0), reduced(node, ReduceKind::mean, node.input(0), axes));
    const ValueId square = binary(node, BinaryKind::mul, distance, distance);
    const ValueId deviation = unary(node, UnaryKind::sqrt, reduced(node, ReduceKind::mean, square, axes));
    node.emit(Binary{.kind = BinaryKind::div}, {distance, binary(node, BinaryKind::add, deviation, real(node, 1e-9f))});
}

void read_lp_normalization(NodeReader& node)
{
    const int64_t p = node.integer("p", 2);
    const int64_t axis = node.integer("axis", -1);
    constexpr float smallest = std::numeric_limits<float>::min(); // a row of zeros stays zero (opset 22)
    if (p == 1)
    {
        const ValueId sum = reduced(node, ReduceKind::l1, node.input(0), {axis});
        node.emit(Binary{.kind = BinaryKind::div},
                  {node.input(0), binary(node, BinaryKind::max, sum, real(node, smallest))});
        return;
    }
    if (p != 2)
        node.unsupported("attribute 'p': only 1 and 2 are supported, got " + std::to_string(p));
    node.emit(LayerNormalization{
        .kind = NormalizationKind::l2, .axes = {axis}, .epsilon = smallest, .epsilon_place = EpsilonPlace::min_root});
}

void read_lrn(NodeReader& node)
{
    node.emit(Lrn{.alpha = node.real("alpha", 1e-4f),
                  .beta = node.real("beta", 0.75f),
                  .bias = node.real("bias", 1),
                  .size = node.required_integer("size")});
}

constexpr OperatorReader normalization_readers[] = {
    {"BatchNormalization", read_batch_normalization, 5, 5, 5, 7},
    {"GroupNormalization", read_group_normalization, 3, 3},
    {"InstanceNormalization", read_instance_normalization, 3, 3},
    {"LRN", read_lrn},
    {"LayerNormalization", read_layer_normalization, 2, 3, 3},
    {"LpNormalization", read_lp_normalization},
    {"MeanVarianceNormalization", read_mean_variance_normalization},
    {"RMSNormalization", read_layer_normalization, 2, 2},
    // ONNX Runtime has these in both domains.
    {"LayerNormalization", read_layer_normalization, 2, 3, 3, 1, "com.microsoft"},
    {"SimplifiedLayerNormalization", read_layer_normalization, 2, 2, 2},
    {"SimplifiedLayerNormalization", read_layer_normalization, 2, 2, 2, 1, "com.microsoft"},
};

} // namespace

std::span<const OperatorReader> normalization_operators()
{
    return normalization_readers;
}

} // namespace vkseg::onnx
