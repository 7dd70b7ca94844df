#include "ops/normalization/layer_normalization.hpp"
#include "runtime/find_normalization.hpp"
#include "runtime/fuse.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// The axes along which a normalisation's scale and bias vary.
Integers parameter_axes(const Op& op)
{
    const auto* layer = std::get_if<LayerNormalization>(&op);
    return layer != nullptr ? layer->axes : Integers{1};
}

/// Multiplies the result of a normalisation by a constant or, with `adds`, adds the constant. False if the constant's
/// shape differs from that of the normalisation's own parameters, or the budget does not cover new parameters.
bool absorb_constant(Graph& graph, Node& normalization, ValueId constant, bool adds, FoldingBudget& budget)
{
    constexpr int64_t max_values = 1 << 16;
    const Shape x = graph.values[normalization.inputs[0]].shape;
    const Integers axes = parameter_axes(normalization.op);
    const Value& added = graph.values[constant];
    if (!added.constant || !is_float(added.type) || !varies_along(added.shape, axes, x))
        return false;
    Shape shape = x;
    int64_t values = 1;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (std::ranges::find(axes, int64_t(axis)) == axes.end())
            shape[axis] = 1;
        values *= shape[axis];
    }
    if (values > max_values || !budget.spend(2 * values))
        return false;
    const bool is_list = std::holds_alternative<InstanceNormalization>(normalization.op);
    const std::vector<float> operand = values_along(&*added.constant, 0, axes, x);
    normalization.inputs.resize(3, no_value);
    for (const size_t parameter : {1, 2})
    {
        if (adds && parameter == 1)
            continue;
        ValueId& id = normalization.inputs[parameter];
        if (id == no_value && !adds && parameter == 2)
            continue;
        const Tensor* now = id == no_value ? nullptr : &*graph.values[id].constant;
        const Integers now_axes = is_list ? Integers{0} : axes; // parameters of instance normalisation are lists
        std::vector<float> changed =
            values_along(now, parameter == 1 ? 1.0f : 0.0f, now_axes, is_list ? Shape{x[1]} : x);
        for (size_t i = 0; i < changed.size(); ++i)
            changed[i] = adds ? changed[i] + operand[i] : changed[i] * operand[i];
        id = graph.add_constant(normalization.name + (parameter == 1 ? " (scale)" : " (bias)"),
                                Tensor::from(is_list ? Shape{x[1]} : shape, std::move(changed)));
    }
    return true;
}

bool is_normalization(const Node& node)
{
    return std::holds_alternative<LayerNormalization>(node.op) ||
           std::holds_alternative<InstanceNormalization>(node.op);
}

bool has_constant_parameters(const Graph& graph, const Node& normalization)
{
    return std::all_of(normalization.inputs.begin() + 1, normalization.inputs.end(),
                       [&](ValueId id) { return id == no_value || graph.values[id].constant; });
}

/// True if all pixels of a picture or volume are normalised together. Rank 3 is excluded, because the last of three
/// axes may also be channels.
bool is_instance_normalization(const LayerNormalization& op, const Shape& x)
{
    return op.kind == NormalizationKind::layer && op.epsilon_place == EpsilonPlace::under_root && x.rank() >= 4 &&
           x.rank() <= 5 && op.axes.size() + 2 == x.rank() && op.axes.front() == 2;
}

/// The normalisation as a node; none if its constants do not vary like its parameters.
std::optional<Node> node_of(Graph& graph, const Node& last, const Normalization& found, FoldingBudget& budget)
{
    const Shape x = graph.values[found.x].shape;
    if (x != graph.values[last.outputs[0]].shape || !normalized_rows(found.op.axes, x).is_ok())
        return std::nullopt;
    Node node = {.name = last.name, .op = found.op, .inputs = {found.x}, .outputs = last.outputs};
    if (is_instance_normalization(found.op, x))
    {
        if (!budget.spend(2 * x[1]))
            return std::nullopt;
        node.op = InstanceNormalization{.epsilon = found.op.epsilon};
        for (const float value : {1.0f, 0.0f})
            node.inputs.push_back(graph.add_constant(last.name + (value == 1 ? " (scale)" : " (bias)"),
                                                     Tensor::from({x[1]}, std::vector<float>(size_t(x[1]), value))));
    }
    if (found.scale != no_value && !absorb_constant(graph, node, found.scale, false, budget))
        return std::nullopt;
    if (found.bias != no_value && !absorb_constant(graph, node, found.bias, true, budget))
        return std::nullopt;
    return node;
}

/// Fuses the multiplication of a normalisation's result by a constant, or the addition of one, into the normalisation.
void absorb_affine(Graph& graph, Node& next, std::span<const int> readers, std::span<const int> producers,
                   FoldingBudget& budget)
{
    const auto* binary = std::get_if<Binary>(&next.op);
    if (binary == nullptr || (binary->kind != BinaryKind::mul && binary->kind != BinaryKind::add))
        return;
    for (const size_t i : {0, 1})
    {
        const ValueId id = next.inputs[i];
        if (producers[id] < 0 || readers[id] != 1 || graph.values[id].shape != graph.values[next.outputs[0]].shape)
            continue;
        Node& normalization = graph.nodes[size_t(producers[id])];
        if (!is_normalization(normalization) || !has_constant_parameters(graph, normalization))
            continue;
        Node whole = normalization;
        if (!absorb_constant(graph, whole, next.inputs[1 - i], binary->kind == BinaryKind::add, budget))
            continue;
        whole.outputs = next.outputs;
        normalization.outputs[0] = no_value;
        next = std::move(whole);
        return;
    }
}

} // namespace

void recognise_normalizations(Graph& graph, FoldingBudget& budget)
{
    const std::vector<int> readers = count_readers(graph);
    const std::vector<int> producers = find_producers(graph);
    for (size_t i = 0; i < graph.nodes.size(); ++i)
    {
        const std::optional<Normalization> found = find_normalization(graph, producers, graph.nodes[i]);
        std::optional<Node> node = found ? node_of(graph, graph.nodes[i], *found, budget) : std::nullopt;
        if (node)
            graph.nodes[i] = *std::move(node);
        else
            absorb_affine(graph, graph.nodes[i], readers, producers, budget);
    }
}

} // namespace vkseg
