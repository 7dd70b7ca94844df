#include "base/text.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/resize/resize_taps.hpp"
#include "runtime/fuse.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// A Resize and the convolution that is its only reader.
struct Pair
{
    Node& resize;
    Node& conv;
};

/// Axes of a Resize of pictures that only enlarges and never extrapolates; otherwise empty.
std::vector<ResizeAxis> find_upsampling(const Graph& graph, const Node& node)
{
    const auto& op = std::get<Resize>(node.op);
    const Result<std::vector<ResizeAxis>> axes = resolve_resize(op, graph.values[node.inputs[0]].shape);
    if (!axes.is_ok() || op.coordinates == CoordinateTransformation::tf_crop_and_resize || axes->size() < 3 ||
        (*axes)[0].input != (*axes)[0].output || (*axes)[1].input != (*axes)[1].output)
        return {};
    const auto shrinks = [](const ResizeAxis& axis) { return axis.output < axis.input; };
    return std::any_of(axes->begin(), axes->end(), shrinks) ? std::vector<ResizeAxis>() : *axes;
}

WindowGeometry geometry_of(const Graph& graph, const Node& conv)
{
    const Result<Window> window = window_of_weights(std::get<Conv>(conv.op).window, graph.values[conv.inputs[1]].shape);
    return *resolve_window(*window, graph.values[conv.inputs[0]].shape); // valid, as infer accepted it
}

/// Sets the number of channels in `sizes`, if `sizes` include the channel axis.
void set_channels(Resize& op, int64_t channels, size_t rank)
{
    for (size_t i = 0; i < op.sizes.size(); ++i)
    {
        const int64_t axis = op.axes.empty() ? int64_t(i) : op.axes[i];
        if (axis == 1 || axis + int64_t(rank) == 1)
            op.sizes[i] = channels;
    }
}

/// Swaps a pointwise convolution and an upsampling: the taps of each output sum to 1, so that the order affects only
/// the number of pixels that the convolution works on.
bool swap_pointwise(Graph& graph, const Pair& pair)
{
    const auto& conv = std::get<Conv>(pair.conv.op);
    const auto& resize = std::get<Resize>(pair.resize.op);
    const WindowGeometry window = geometry_of(graph, pair.conv);
    const bool is_pointwise =
        std::all_of(window.axes.begin(), window.axes.end(), [](const WindowAxis& axis) { return axis.is_trivial(); });
    const bool is_linear = conv.activation.kind == UnaryKind::identity || resize.mode == ResizeMode::nearest;
    const Value& small = graph.values[pair.resize.inputs[0]];
    const Value& large = graph.values[pair.conv.outputs[0]];
    // Values written with the swap, compared to those without.
    const bool saves_writes =
        small.shape.elements() / small.shape[1] * large.shape[1] < graph.values[pair.conv.inputs[0]].shape.elements();
    if (!is_pointwise || !is_linear || !saves_writes)
        return false;

    const int64_t channels = large.shape[1];
    Shape shape = small.shape;
    shape[1] = channels;
    Value between = {.name = pair.conv.name + " (before " + pair.resize.name + ")",
                     .type = small.type,
                     .shape = shape,
                     .has_shape = true,
                     .constant = {}};
    std::swap(pair.resize.name, pair.conv.name);
    Op resizing = std::move(pair.resize.op); // std::swap of variants of 37 types takes ten seconds to compile
    pair.resize.op = std::move(pair.conv.op);
    pair.conv.op = std::move(resizing);
    std::vector<ValueId> inputs = pair.conv.inputs;
    inputs[0] = pair.resize.inputs[0];
    pair.resize.inputs = inputs;
    pair.resize.outputs[0] = graph.add_value(std::move(between));
    pair.conv.inputs = {pair.resize.outputs[0]};
    set_channels(std::get<Resize>(pair.conv.op), channels, shape.rank());
    return true;
}

/// True if output o reads input o / 2.
bool doubles(const Resize& op, const ResizeAxis& axis)
{
    if (axis.output != 2 * axis.input || tap_count(op, axis) != 1)
        return false;
    const std::vector<ResizeTap> taps = taps_of(op, axis);
    for (size_t i = 0; i < taps.size(); ++i)
    {
        if (taps[i].position != int32_t(i / 2))
            return false;
    }
    return true;
}

/// Weights [C, M, 4, 4] of a transposed convolution with stride 2 and padding 1. It is equivalent to a convolution with
/// 3 × 3 weights [M, C, 3, 3] of an input doubled by repetition, whose output 2 i reads inputs i − 1, i, i, and whose
/// output 2 i + 1 reads inputs i, i, i + 1.
Tensor doubled_weights(const Tensor& weights)
{
    const int64_t outputs = weights.shape()[0];
    const int64_t inputs = weights.shape()[1];
    const std::vector<float> from = weights.to_floats();
    std::vector<float> to(size_t(inputs * outputs * 16));
    // First and last of the three taps that are summed into each of the four taps.
    constexpr int first[4] = {2, 1, 0, 0};
    constexpr int last[4] = {2, 2, 1, 0};
    for (int64_t m = 0; m < outputs; ++m)
    {
        for (int64_t c = 0; c < inputs; ++c)
        {
            for (int tap = 0; tap < 16; ++tap)
            {
                double sum = 0;
                for (int y = first[tap / 4]; y <= last[tap / 4]; ++y)
                {
                    for (int x = first[tap % 4]; x <= last[tap % 4]; ++x)
                        sum += double(from[size_t((m * inputs + c) * 9 + y * 3 + x)]);
                }
                to[size_t((c * outputs + m) * 16 + tap)] = float(sum);
            }
        }
    }
    return Tensor::from({inputs, outputs, 4, 4}, std::move(to));
}

/// Merges nearest-neighbour doubling and a 3 × 3 convolution into one transposed convolution, with 16 multiplications
/// instead of 36.
bool merge_doubling(Graph& graph, const Pair& pair, std::span<const ResizeAxis> axes, FoldingBudget& budget)
{
    const auto& conv = std::get<Conv>(pair.conv.op);
    const auto& resize = std::get<Resize>(pair.resize.op);
    const std::optional<Tensor>& weights = graph.values[pair.conv.inputs[1]].constant;
    if (axes.size() != 4 || resize.mode != ResizeMode::nearest || conv.groups != 1 || !weights ||
        !doubles(resize, axes[2]) || !doubles(resize, axes[3]))
        return false;
    const WindowGeometry window = geometry_of(graph, pair.conv);
    for (const WindowAxis& axis : window.spatial())
    {
        if (axis.kernel != 3 || axis.stride != 1 || axis.dilation != 1 || axis.pad_begin != 1 || axis.pad_end != 1)
            return false;
    }
    if (!budget.spend(weights->elements() / 9 * 16))
        return false;
    const std::string name = printable(graph.values[pair.conv.inputs[1]].name) + " (doubled)";
    pair.conv.op = ConvTranspose{.window = {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, .activation = conv.activation};
    pair.conv.inputs[1] = graph.add_constant(name, doubled_weights(*weights));
    pair.conv.inputs[0] = pair.resize.inputs[0];
    pair.resize.outputs[0] = no_value;
    return true;
}

/// Fuses a Resize into the search along the channels that is its only reader.
bool absorb_resize(const Graph& graph, Node& search, Node& resize)
{
    auto& op = std::get<ArgReduce>(search.op);
    const auto& resizing = std::get<Resize>(resize.op);
    const Value& x = graph.values[resize.inputs[0]];
    if (op.resize || op.axis != 1 || !op.keep_dims || x.shape.rank() != 4 || !is_float(x.type) ||
        resizing.mode == ResizeMode::cubic || resizing.antialias ||
        resizing.coordinates == CoordinateTransformation::tf_crop_and_resize)
        return false;
    op.resize = resizing;
    search.inputs = {resize.inputs[0]};
    resize.outputs[0] = no_value;
    return true;
}

/// Makes searches along the channels that drop the axis keep it, followed by a reshape, so that they can run in the
/// layout of their input.
void keep_searched_axes(Graph& graph)
{
    std::vector<Node> nodes;
    for (Node& node : graph.nodes)
    {
        auto* const op = std::get_if<ArgReduce>(&node.op);
        const Shape shape = op == nullptr ? Shape() : graph.values[node.inputs[0]].shape;
        const bool drops_channels = op != nullptr && !op->keep_dims && shape.rank() >= 3 && shape.rank() <= 5 &&
                                    (op->axis == 1 || op->axis + int64_t(shape.rank()) == 1);
        nodes.push_back(std::move(node));
        if (!drops_channels)
            continue;
        Node& search = nodes.back();
        Shape kept = shape;
        kept[1] = 1;
        const ValueId dropped = search.outputs[0];
        const Value& value = graph.values[dropped];
        Node reshape = {.name = search.name + " (axis dropped)",
                        .op = Reshape{.shape = Integers(value.shape.begin(), value.shape.end())},
                        .inputs = {},
                        .outputs = {dropped}};
        search.outputs[0] = graph.add_value({.name = printable(value.name) + " (axis kept)",
                                             .type = value.type,
                                             .shape = kept,
                                             .has_shape = true,
                                             .constant = {}});
        reshape.inputs = {search.outputs[0]};
        std::get<ArgReduce>(search.op).keep_dims = true;
        std::get<ArgReduce>(search.op).axis = 1;
        nodes.push_back(std::move(reshape));
    }
    graph.nodes = std::move(nodes);
}

} // namespace

void fuse_resizes(Graph& graph, FoldingBudget& budget)
{
    keep_searched_axes(graph);
    const std::vector<int> readers = count_readers(graph);
    std::vector<int> producers = find_producers(graph);
    for (Node& node : graph.nodes)
    {
        const auto* conv = std::get_if<Conv>(&node.op);
        const bool is_search = std::holds_alternative<ArgReduce>(node.op);
        if ((!is_search && (conv == nullptr || conv->has_residual || conv->has_computed_weights)) ||
            producers[node.inputs[0]] < 0 || readers[node.inputs[0]] != 1)
            continue;
        Node& resize = graph.nodes[size_t(producers[node.inputs[0]])];
        if (!std::holds_alternative<Resize>(resize.op))
            continue;
        if (is_search)
        {
            absorb_resize(graph, node, resize);
            continue;
        }
        const Pair pair = {.resize = resize, .conv = node};
        const std::vector<ResizeAxis> axes = find_upsampling(graph, resize);
        if (!axes.empty() && !merge_doubling(graph, pair, axes, budget))
            swap_pointwise(graph, pair);
    }
}

} // namespace vkseg
