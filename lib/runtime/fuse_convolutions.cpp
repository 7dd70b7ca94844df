#include "base/text.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/movement/pad_extents.hpp"
#include "runtime/fuse.hpp"

#include <cmath>
#include <span>

namespace vkseg {
namespace {

/// y = scale · x + shift per channel, from a batch normalisation's constants; empty if they are not constants.
struct Affine
{
    std::vector<float> scale;
    std::vector<float> shift;
};

Affine affine_of(const Graph& graph, const Node& node)
{
    const auto& op = std::get<BatchNormalization>(node.op);
    std::vector<std::vector<float>> parameters;
    for (size_t i = 1; i < 5; ++i)
    {
        const std::optional<Tensor>& constant = graph.values[node.inputs[i]].constant;
        if (!constant)
            return {};
        parameters.push_back(constant->to_floats());
    }
    Affine affine;
    for (size_t c = 0; c < parameters[0].size(); ++c)
    {
        const double scale = parameters[0][c] / std::sqrt(double(parameters[3][c]) + double(op.epsilon));
        affine.scale.push_back(float(scale));
        affine.shift.push_back(float(parameters[1][c] - parameters[2][c] * scale));
    }
    return affine;
}

/// Multiplies the weights and bias of the convolution by a normalisation that follows it.
/// `output_channels_axis` is 0 for Conv; for ConvTranspose it is 1, with the groups along axis 0.
bool fold_batch_normalization(Graph& graph, Node& conv, const Node& normalization, int64_t groups,
                              size_t output_channels_axis, FoldingBudget& budget)
{
    const std::optional<Tensor>& weights = graph.values[conv.inputs[1]].constant;
    const bool has_bias = conv.inputs.size() > 2 && conv.inputs[2] != no_value;
    if (!weights || (has_bias && !graph.values[conv.inputs[2]].constant) || !budget.spend(weights->elements()))
        return false;
    const Affine affine = affine_of(graph, normalization);
    if (affine.scale.empty())
        return false;
    const Shape shape = weights->shape();
    int64_t inner = 1;
    for (size_t axis = 2; axis < shape.rank(); ++axis)
        inner *= shape[axis];
    std::vector<float> scaled = weights->to_floats();
    for (int64_t i = 0; i < shape[0]; ++i)
    {
        for (int64_t j = 0; j < shape[1]; ++j)
        {
            const int64_t channel = output_channels_axis == 0 ? i : i / (shape[0] / groups) * shape[1] + j;
            for (int64_t k = 0; k < inner; ++k)
                scaled[size_t((i * shape[1] + j) * inner + k)] *= affine.scale[size_t(channel)];
        }
    }
    std::vector<float> bias =
        has_bias ? graph.values[conv.inputs[2]].constant->to_floats() : std::vector<float>(affine.shift.size());
    for (size_t c = 0; c < bias.size(); ++c)
        bias[c] = bias[c] * affine.scale[c] + affine.shift[c];
    const int64_t channels = int64_t(bias.size());
    const std::string weights_name = printable(graph.values[conv.inputs[1]].name);
    conv.inputs.resize(std::max<size_t>(conv.inputs.size(), 3), no_value);
    conv.inputs[1] = graph.add_constant(weights_name + " (normalised)", Tensor::from(shape, std::move(scaled)));
    conv.inputs[2] = graph.add_constant(weights_name + " (shift)", Tensor::from({channels}, std::move(bias)));
    return true;
}

Activation* activation_of(Op& op)
{
    if (auto* conv = std::get_if<Conv>(&op))
        return &conv->activation;
    if (auto* conv = std::get_if<ConvTranspose>(&op))
        return &conv->activation;
    if (auto* product = std::get_if<FullyConnected>(&op))
        return &product->activation;
    return nullptr;
}

/// The operator with a residual as its last input; nullopt if it cannot have one, or has one.
std::optional<Op> with_residual(const Op& op)
{
    const auto add = [](auto adds) -> std::optional<Op>
    {
        if (adds.has_residual || !is_fused_by_convolutions(adds.activation.kind))
            return std::nullopt;
        adds.has_residual = true;
        adds.adds_residual_last = adds.activation.kind != UnaryKind::identity;
        return adds;
    };
    if (const auto* conv = std::get_if<Conv>(&op))
        return add(*conv);
    if (const auto* product = std::get_if<FullyConnected>(&op))
        return add(*product);
    return std::nullopt;
}

/// Fuses `next`, the only reader of `conv`, into `conv`. True if `next` has become superfluous.
bool absorb(Graph& graph, Node& conv, const Node& next, FoldingBudget& budget)
{
    Activation* activation = activation_of(conv.op);
    if (activation == nullptr || activation->kind != UnaryKind::identity)
        return false;
    const auto* product = std::get_if<FullyConnected>(&conv.op);
    const Shape& y = graph.values[conv.outputs[0]].shape;
    const int64_t channels = product != nullptr && !product->is_over_channels ? y.back() : y[1];
    if (const auto* unary = std::get_if<Unary>(&next.op); unary && is_fused_by_convolutions(unary->kind, channels))
    {
        *activation = {.kind = unary->kind, .a = unary->a, .b = unary->b};
        return true;
    }
    if (!std::holds_alternative<BatchNormalization>(next.op) || product != nullptr)
        return false;
    if (const auto* plain = std::get_if<Conv>(&conv.op))
        return !plain->has_residual && fold_batch_normalization(graph, conv, next, plain->groups, 0, budget);
    return fold_batch_normalization(graph, conv, next, std::get<ConvTranspose>(conv.op).groups, 1, budget);
}

/// Turns `sum` into the convolution that computes one of its terms, which has no other reader, with the other term as
/// residual. The convolution thereby moves after both terms.
bool absorb_into_sum(const Graph& graph, Node& sum, std::span<Node> nodes, std::span<const int> readers,
                     std::span<const int> producers)
{
    const auto* binary = std::get_if<Binary>(&sum.op);
    if (binary == nullptr || binary->kind != BinaryKind::add || sum.inputs[0] == sum.inputs[1])
        return false;
    const Shape& shape = graph.values[sum.outputs[0]].shape;
    const auto producer = [&](size_t term) { return producers[sum.inputs[term]]; };
    const size_t later = producer(1) > producer(0) ? 1 : 0; // its inputs live longest anyway
    for (const size_t term : {later, 1 - later})
    {
        const ValueId residual = sum.inputs[1 - term];
        if (producer(term) < 0 || readers[sum.inputs[term]] != 1 || graph.values[residual].constant ||
            graph.values[residual].shape != shape || graph.values[sum.inputs[term]].shape != shape)
            continue;
        Node& node = nodes[size_t(producer(term))];
        const std::optional<Op> op = with_residual(node.op);
        if (!op)
            continue;
        std::vector<ValueId> inputs = node.inputs;
        if (inputs.size() == 3 && inputs[2] == no_value)
            inputs.pop_back();
        inputs.push_back(residual);
        node.outputs[0] = no_value;
        sum.name = node.name;
        sum.op = *op;
        sum.inputs = inputs;
        return true;
    }
    return false;
}

/// Fuses the only reader of a convolution's result into the convolution. True on success.
bool absorb_reader(Graph& graph, Node& next, std::span<const int> readers, std::vector<int>& producers,
                   FoldingBudget& budget)
{
    const ValueId input = next.inputs.empty() ? no_value : next.inputs[0];
    if (input == no_value || next.outputs.size() != 1 || next.outputs[0] == no_value || producers[input] < 0 ||
        readers[input] != 1)
        return false;
    Node& conv = graph.nodes[size_t(producers[input])];
    if (!absorb(graph, conv, next, budget))
        return false;
    // The convolution takes over the output; the absorbed node loses it and is dropped as unused.
    producers[next.outputs[0]] = producers[input];
    conv.outputs[0] = next.outputs[0];
    next.outputs[0] = no_value;
    return true;
}

/// Fuses the zero padding of `pad`, which only `conv` reads, into `conv`.
bool absorb_pad(const Graph& graph, Node& conv, const Node& pad)
{
    auto& op = std::get<Conv>(conv.op);
    const auto& padding = std::get<Pad>(pad.op);
    const Shape& x = graph.values[pad.inputs[0]].shape;
    const Result<PadExtents> extents = resolve_pads(padding, x);
    const Result<Window> window = window_of_weights(op.window, graph.values[conv.inputs[1]].shape);
    if (!extents.is_ok() || !window.is_ok() || padding.mode != PadMode::constant || padding.value != 0)
        return false;
    const Result<WindowGeometry> geometry = resolve_window(*window, graph.values[conv.inputs[0]].shape);
    if (!geometry.is_ok())
        return false;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        const bool is_spatial = axis >= 2;
        if (extents->begins[axis] < 0 || extents->ends[axis] < 0 ||
            (!is_spatial && (extents->begins[axis] > 0 || extents->ends[axis] > 0)))
            return false;
    }
    Integers begins;
    Integers ends;
    for (size_t i = 0; i < geometry->rank; ++i)
    {
        begins.push_back(geometry->spatial()[i].pad_begin + extents->begins[2 + i]);
        ends.push_back(geometry->spatial()[i].pad_end + extents->ends[2 + i]);
    }
    op.window.auto_pad = AutoPad::explicit_pads;
    op.window.pads = begins;
    op.window.pads.insert(op.window.pads.end(), ends.begin(), ends.end());
    conv.inputs[0] = pad.inputs[0];
    return true;
}

/// True if `scale` is computed by the network and has one element for each channel of `x`.
bool is_channel_scale(const Value& scale, const Value& x)
{
    if (scale.constant || x.constant || scale.shape.rank() != x.shape.rank() || x.shape.rank() < 3)
        return false;
    Shape expected = x.shape;
    for (size_t axis = 2; axis < x.shape.rank(); ++axis)
        expected[axis] = 1;
    return scale.shape == expected && x.shape != expected;
}

/// Lets `conv` scale its weights instead of its input, the `product` that only `conv` reads.
bool absorb_scale(Graph& graph, Node& conv, const Node& product)
{
    auto& op = std::get<Conv>(conv.op);
    const auto& binary = std::get<Binary>(product.op);
    const Shape& weights = graph.values[conv.inputs[1]].shape;
    const Shape& y = graph.values[conv.outputs[0]].shape;
    const Shape& x = graph.values[conv.inputs[0]].shape;
    const int64_t pixels = y.elements() / (y[0] * y[1]);
    constexpr int64_t max_weights = 1 << 20; // for all batch entries
    if (binary.kind != BinaryKind::mul || op.has_scale || op.has_computed_weights || op.groups != 1 ||
        weights.elements() != weights[0] * weights[1] || x.elements() / (x[0] * x[1]) != pixels ||
        weights[0] >= pixels || x[0] * weights.elements() > max_weights)
        return false;
    for (const size_t term : {0, 1})
    {
        const ValueId scale = product.inputs[1 - term];
        if (!is_channel_scale(graph.values[scale], graph.values[product.inputs[term]]))
            continue;
        op.has_scale = true;
        conv.inputs.insert(conv.inputs.end() - (op.has_residual ? 1 : 0), scale);
        conv.inputs[0] = product.inputs[term];
        return true;
    }
    return false;
}

/// Lets each convolution absorb the operator that computes its input, if the input has no other reader and `absorb`
/// can.
template <class Absorbed, class Absorb>
void absorb_inputs(Graph& graph, const Absorb& absorb)
{
    const std::vector<int> readers = count_readers(graph);
    const std::vector<int> producers = find_producers(graph);
    for (Node& node : graph.nodes)
    {
        if (!std::holds_alternative<Conv>(node.op) || producers[node.inputs[0]] < 0 || readers[node.inputs[0]] != 1)
            continue;
        Node& producer = graph.nodes[size_t(producers[node.inputs[0]])];
        if (std::holds_alternative<Absorbed>(producer.op) && absorb(graph, node, producer))
            producer.outputs[0] = no_value;
    }
}

} // namespace

void fuse_pads(Graph& graph)
{
    absorb_inputs<Pad>(graph, absorb_pad);
}

void fuse_scales(Graph& graph)
{
    absorb_inputs<Binary>(graph, absorb_scale);
}

void fuse_activations(Graph& graph, FoldingBudget& budget)
{
    const std::vector<int> readers = count_readers(graph);
    std::vector<int> producers = find_producers(graph);
    for (Node& next : graph.nodes)
        absorb_reader(graph, next, readers, producers, budget);
}

void fuse_residuals(Graph& graph, FoldingBudget& budget)
{
    const std::vector<int> readers = count_readers(graph);
    std::vector<int> producers = find_producers(graph);
    for (Node& next : graph.nodes)
    {
        if (!absorb_into_sum(graph, next, graph.nodes, readers, producers))
            absorb_reader(graph, next, readers, producers, budget);
    }
}

} // namespace vkseg
