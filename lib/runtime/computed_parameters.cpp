#include "runtime/computed_parameters.hpp"

#include "runtime/specialize.hpp"

namespace vkseg {
namespace {

/// Appends nodes that replace one node.
class Lowering
{
public:
    Lowering(Graph& graph, const Node& node) : graph_(graph), node_(node) {}

    bool is_given(size_t input) const { return input < node_.inputs.size() && node_.inputs[input] != no_value; }
    bool is_computed(size_t input) const { return is_given(input) && !graph_.values[node_.inputs[input]].constant; }
    ValueId input(size_t index) const { return node_.inputs[index]; }
    const Shape& shape(size_t input) const { return graph_.values[node_.inputs[input]].shape; }

    ValueId append(const char* what, Op op, std::vector<ValueId> inputs)
    {
        const std::string name = node_.name + " (" + what + ")";
        const ValueId id = graph_.add_value({.name = name, .shape = {}, .constant = {}});
        nodes_.push_back({.name = name, .op = std::move(op), .inputs = std::move(inputs), .outputs = {id}});
        return id;
    }

    /// One value for each channel, to be broadcast to the input.
    ValueId along_channels(const char* what, ValueId values)
    {
        Integers extents(shape(0).rank(), 1);
        extents[1] = -1;
        return append(what, Reshape{.shape = std::move(extents)}, {values});
    }

    ValueId constant(const char* what, float value, int64_t count)
    {
        return graph_.add_constant(node_.name + " (" + what + ")",
                                   Tensor::from({count}, std::vector<float>(size_t(count), value)));
    }

    /// Makes the last node compute the output of the node that is replaced.
    std::vector<Node> finish()
    {
        nodes_.back().outputs = {node_.outputs[0]};
        return std::move(nodes_);
    }

private:
    Graph& graph_;
    const Node& node_;
    std::vector<Node> nodes_;
};

template <class Convolution>
std::vector<Node> lower_convolution(Lowering& to, Convolution op)
{
    if constexpr (requires { op.has_computed_weights; })
    {
        if (to.is_computed(1) && !op.has_computed_weights)
        {
            op.has_computed_weights = true;
            const ValueId y = to.append("weights are computed", op, {to.input(0), to.input(1)});
            if (to.is_given(2))
                to.append("bias", Binary{}, {y, to.along_channels("bias per channel", to.input(2))});
            return to.finish();
        }
    }
    if (!to.is_computed(2))
        return {};
    const ValueId y = to.append("without bias", op, {to.input(0), to.input(1)});
    to.append("bias", Binary{}, {y, to.along_channels("bias per channel", to.input(2))});
    return to.finish();
}

int64_t entry_or(const Integers& values, size_t axis, int64_t fallback)
{
    return axis < values.size() ? values[axis] : fallback;
}

/// A convolution of the input with zeros between its pixels by the mirrored weights. The shape of the output is found
/// with weights of the same shape.
std::vector<Node> lower_transposed_weights(Lowering& to, const ConvTranspose& op, const Graph& graph, const Node& node)
{
    std::vector<TensorInfo> infos = infos_of(graph, node);
    const Tensor stand_in = Tensor::from({}, {0});
    infos[1].constant = &stand_in;
    infos.resize(2);
    const Result<Outputs> outputs = infer(op, infos);
    if (!outputs.is_ok() || op.window.auto_pad != AutoPad::explicit_pads || !op.output_shape.empty())
        return {}; // reported when the node itself is judged

    const Shape x = infos[0].shape;
    const Shape weights = infos[1].shape;
    const Shape& y = (*outputs)[0].shape;
    BedOfNails spread;
    Pad pad = {.pads = Integers(2 * x.rank())};
    Conv conv = {.groups = op.groups};
    Slice mirror;
    Integers split = {op.groups, weights[0] / op.groups, weights[1]};
    Integers swapped = {0, 2, 1};
    Integers joined = {weights[1] * op.groups, weights[0] / op.groups};
    for (size_t axis = 2; axis < x.rank(); ++axis)
    {
        const int64_t stride = entry_or(op.window.strides, axis - 2, 1);
        const int64_t dilation = entry_or(op.window.dilations, axis - 2, 1);
        const int64_t reach = dilation * (weights[axis] - 1);
        spread.strides.push_back(stride);
        pad.pads[axis] = reach - entry_or(op.window.pads, axis - 2, 0);
        pad.pads[x.rank() + axis] = y[axis] + reach - x[axis] * stride - pad.pads[axis];
        conv.window.dilations.push_back(dilation);
        mirror.starts.push_back(-1);
        mirror.ends.push_back(INT64_MIN);
        mirror.axes.push_back(int64_t(axis));
        mirror.steps.push_back(-1);
        split.push_back(weights[axis]);
        swapped.push_back(int64_t(axis) + 1);
        joined.push_back(weights[axis]);
    }
    const ValueId by_group = to.append("weights by group", Reshape{.shape = split}, {to.input(1)});
    const ValueId turned = to.append("weights to each output", Transpose{.permutation = swapped}, {by_group});
    const ValueId whole = to.append("weights", Reshape{.shape = joined}, {turned});
    const ValueId mirrored = to.append("mirrored weights", mirror, {whole});
    const ValueId spaced = to.append("spread input", spread, {to.input(0)});
    const ValueId padded = to.append("padded input", pad, {spaced});
    const ValueId sums = to.append("convolution", conv, {padded, mirrored});
    if (to.is_given(2))
        to.append("bias", Binary{}, {sums, to.along_channels("bias per channel", to.input(2))});
    return to.finish();
}

std::vector<Node> lower_batch_normalization(Lowering& to, const BatchNormalization& op)
{
    if (!to.is_computed(1) && !to.is_computed(2) && !to.is_computed(3) && !to.is_computed(4))
        return {};
    const ValueId shifted =
        to.append("variance + epsilon", Binary{}, {to.input(4), to.constant("epsilon", op.epsilon, 1)});
    const ValueId deviation = to.append("deviation", Unary{.kind = UnaryKind::sqrt}, {shifted});
    const ValueId factor = to.append("factor", Binary{.kind = BinaryKind::div}, {to.input(1), deviation});
    const ValueId centred =
        to.append("centred", Binary{.kind = BinaryKind::sub}, {to.input(0), to.along_channels("mean", to.input(3))});
    const ValueId scaled =
        to.append("scaled", Binary{.kind = BinaryKind::mul}, {centred, to.along_channels("factors", factor)});
    to.append("sum", Binary{}, {scaled, to.along_channels("bias", to.input(2))});
    return to.finish();
}

std::vector<Node> lower_instance_normalization(Lowering& to, const InstanceNormalization& op)
{
    if (!to.is_computed(1) && !to.is_computed(2))
        return {};
    const int64_t channels = to.shape(0)[1];
    const ValueId normal =
        to.append("normal", op, {to.input(0), to.constant("ones", 1, channels), to.constant("zeros", 0, channels)});
    const ValueId scaled =
        to.append("scaled", Binary{.kind = BinaryKind::mul}, {normal, to.along_channels("scale", to.input(1))});
    to.append("sum", Binary{}, {scaled, to.along_channels("bias", to.input(2))});
    return to.finish();
}

std::vector<Node> lower_layer_normalization(Lowering& to, const LayerNormalization& op)
{
    if (!to.is_computed(1) && !to.is_computed(2))
        return {};
    ValueId y = to.append("normal", op, {to.input(0)});
    if (to.is_given(1))
        y = to.append("scaled", Binary{.kind = BinaryKind::mul}, {y, to.input(1)});
    if (to.is_given(2))
        to.append("sum", Binary{}, {y, to.input(2)});
    return to.finish();
}

} // namespace

std::vector<Node> with_computed_parameters(Graph& graph, const Node& node)
{
    if (node.outputs.size() != 1 || node.outputs[0] == no_value)
        return {};
    Lowering to(graph, node);
    if (!to.is_given(0) || to.shape(0).rank() < 2)
        return {};
    if (const auto* op = std::get_if<Conv>(&node.op); op && !op->has_scale && !op->has_residual)
        return lower_convolution(to, *op);
    if (const auto* op = std::get_if<ConvTranspose>(&node.op); op && to.is_computed(1))
        return lower_transposed_weights(to, *op, graph, node);
    if (const auto* op = std::get_if<ConvTranspose>(&node.op))
        return lower_convolution(to, *op);
    if (const auto* op = std::get_if<BatchNormalization>(&node.op); op && node.inputs.size() == 5)
        return lower_batch_normalization(to, *op);
    if (const auto* op = std::get_if<InstanceNormalization>(&node.op); op && node.inputs.size() == 3)
        return lower_instance_normalization(to, *op);
    if (const auto* op = std::get_if<LayerNormalization>(&node.op))
        return lower_layer_normalization(to, *op);
    return {};
}

} // namespace vkseg
