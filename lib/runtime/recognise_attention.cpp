#include "ops/movement/permutation.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/fuse.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

/// A value that is added to the scores, and the shape under which it broadcasts to them.
struct ScoreTerm
{
    ValueId id = no_value;
    Shape shape;
};

/// softmax(scale · q · k + terms) · v, as the graph has it.
struct AttentionPattern
{
    double scale = 1;
    std::vector<ScoreTerm> terms;
    Shape scores; ///< [axes of all entries..., queries, keys]
    ValueId q = no_value;
    ValueId k = no_value;
    ValueId v = no_value;
    bool is_k_transposed = true;
};

/// For each axis of the coarse shape, the number of axes of the fine shape that it is split into; the last two axes
/// are not split. Nullopt if the fine shape is no such split.
std::optional<std::vector<size_t>> split_of(const Shape& coarse, const Shape& fine)
{
    std::vector<size_t> counts(coarse.rank());
    size_t left = fine.rank();
    for (size_t axis = coarse.rank(); axis-- > 0;)
    {
        int64_t product = 1;
        do
        {
            if (left == 0)
                return std::nullopt;
            product *= fine[--left];
            ++counts[axis];
        } while (product < coarse[axis]);
        const bool is_matrix = axis + 2 >= coarse.rank();
        if (product != coarse[axis] || (is_matrix && counts[axis] != 1))
            return std::nullopt;
    }
    for (; left > 0 && fine[left - 1] == 1; --left)
        ++counts[0];
    return left == 0 ? std::optional(counts) : std::nullopt;
}

/// The shape of a term that broadcasts to the coarse scores, so that it broadcasts to the fine ones.
Shape refined(const Shape& term, const Shape& coarse, const Shape& fine)
{
    const std::vector<size_t> counts = *split_of(coarse, fine);
    Integers extents;
    for (size_t axis = 0; axis < coarse.rank(); ++axis)
    {
        const size_t missing = coarse.rank() - term.rank();
        const bool repeats = axis < missing || term[axis - missing] == 1;
        for (size_t i = 0; i < counts[axis]; ++i)
            extents.push_back(repeats ? 1 : fine[extents.size()]);
    }
    return Shape(extents);
}

class AttentionRecogniser
{
public:
    explicit AttentionRecogniser(Graph& graph)
        : graph_(graph), readers_(count_readers(graph)), producers_(find_producers(graph))
    {}

    std::optional<AttentionPattern> find(const Node& product) const;
    std::vector<Node> nodes_of(const AttentionPattern& pattern, const Node& product);

private:
    const Shape& shape_of(ValueId id) const { return graph_.values[id].shape; }
    const Node* producer_of(ValueId id) const;
    bool trace(ValueId scores, AttentionPattern& pattern) const;
    bool split_scale(const Node& node, ValueId& rest, double& factor) const;
    void skip_scales(ValueId& value, double& factor) const;
    bool swaps_matrix_axes(const Node& node) const;

    Graph& graph_;
    std::vector<int> readers_;
    std::vector<int> producers_;
};

/// The node that computes a value with exactly one reader.
const Node* AttentionRecogniser::producer_of(ValueId id) const
{
    if (id == no_value || producers_[id] < 0 || readers_[id] != 1)
        return nullptr;
    return &graph_.nodes[size_t(producers_[id])];
}

/// True if the node multiplies or divides `rest` by a constant number.
bool AttentionRecogniser::split_scale(const Node& node, ValueId& rest, double& factor) const
{
    const auto* binary = std::get_if<Binary>(&node.op);
    if (binary == nullptr || (binary->kind != BinaryKind::mul && binary->kind != BinaryKind::div))
        return false;
    const bool divides = binary->kind == BinaryKind::div;
    for (const size_t number : {1, 0})
    {
        const std::optional<float> value = scalar_of(graph_, node.inputs[number]);
        if (!value || (divides && number == 0) || shape_of(node.inputs[1 - number]) != shape_of(node.outputs[0]))
            continue;
        rest = node.inputs[1 - number];
        factor *= divides ? 1 / double(*value) : double(*value);
        return true;
    }
    return false;
}

/// Replaces a value by the one that it is a multiple of.
void AttentionRecogniser::skip_scales(ValueId& value, double& factor) const
{
    for (const Node* node = producer_of(value); node != nullptr && split_scale(*node, value, factor);)
        node = producer_of(value);
}

/// True if the node is a transpose of the last two axes alone.
bool AttentionRecogniser::swaps_matrix_axes(const Node& node) const
{
    const auto* transpose = std::get_if<Transpose>(&node.op);
    const size_t rank = shape_of(node.inputs[0]).rank();
    if (transpose == nullptr || rank < 2)
        return false;
    const Result<std::vector<size_t>> permutation = resolve_permutation(*transpose, rank);
    std::vector<size_t> wanted;
    for (size_t axis = 0; axis + 2 < rank; ++axis)
        wanted.push_back(axis);
    wanted.insert(wanted.end(), {rank - 1, rank - 2});
    return permutation.is_ok() && *permutation == wanted;
}

/// Follows the scores back to the product of queries and keys.
bool AttentionRecogniser::trace(ValueId scores, AttentionPattern& pattern) const
{
    const Node* node = producer_of(scores);
    if (node == nullptr)
        return false;
    if (std::holds_alternative<MatMul>(node->op))
    {
        pattern.q = node->inputs[0];
        pattern.k = node->inputs[1];
        return shape_of(pattern.q).rank() >= 2 && shape_of(pattern.q).rank() == shape_of(pattern.k).rank();
    }
    if (std::holds_alternative<Reshape>(node->op))
    {
        const Shape& before = shape_of(node->inputs[0]);
        if (before.rank() < 2 || (!split_of(before, pattern.scores) && !split_of(pattern.scores, before)))
            return false;
        if (before.rank() > pattern.scores.rank())
        {
            for (ScoreTerm& term : pattern.terms)
                term.shape = refined(term.shape, pattern.scores, before);
            pattern.scores = before;
        }
        return trace(node->inputs[0], pattern);
    }
    ValueId rest = no_value;
    if (split_scale(*node, rest, pattern.scale))
        return trace(rest, pattern);
    const auto* sum = std::get_if<Binary>(&node->op);
    if (sum == nullptr || sum->kind != BinaryKind::add || pattern.scale != 1 || pattern.terms.size() == 2)
        return false;
    for (const size_t term : {1, 0})
    {
        AttentionPattern with_term = pattern;
        const Shape& shape = shape_of(node->inputs[term]);
        with_term.terms.push_back({node->inputs[term], refined(shape, shape_of(scores), pattern.scores)});
        if (shape_of(node->inputs[1 - term]) == shape_of(scores) && trace(node->inputs[1 - term], with_term))
        {
            pattern = with_term;
            return true;
        }
    }
    return false;
}

std::optional<AttentionPattern> AttentionRecogniser::find(const Node& product) const
{
    if (!std::holds_alternative<MatMul>(product.op) || product.outputs[0] == no_value)
        return std::nullopt;
    const Node* softmax = producer_of(product.inputs[0]);
    const auto* op = softmax == nullptr ? nullptr : std::get_if<Softmax>(&softmax->op);
    if (op == nullptr || op->is_log || op->flattens)
        return std::nullopt;
    const Shape& weights = shape_of(product.inputs[0]);
    const Result<size_t> axis = resolve_axis(op->axis, weights.rank());
    if (!axis.is_ok() || *axis + 1 != weights.rank() || weights.rank() < 2)
        return std::nullopt;
    AttentionPattern pattern = {.scores = weights, .v = product.inputs[1]};
    if (!trace(softmax->inputs[0], pattern))
        return std::nullopt;
    skip_scales(pattern.q, pattern.scale); // exporters scale either, or both
    skip_scales(pattern.k, pattern.scale);
    if (const Node* transpose = producer_of(pattern.k); transpose != nullptr && swaps_matrix_axes(*transpose))
    {
        pattern.k = transpose->inputs[0];
        pattern.is_k_transposed = false;
        skip_scales(pattern.k, pattern.scale);
    }
    if (!(std::abs(pattern.scale) <= 1)) // scaled keys must not exceed f16
        return std::nullopt;
    // All entries have queries, keys and values of their own.
    const Shape& q = shape_of(pattern.q);
    const Shape& k = shape_of(pattern.k);
    const Shape& v = shape_of(pattern.v);
    const auto has_axes_of = [&](const Shape& shape)
    { return shape.rank() == q.rank() && std::equal(shape.begin(), shape.end() - 2, q.begin()); };
    if (!has_axes_of(k) || v.rank() != weights.rank() || !std::equal(v.begin(), v.end() - 2, weights.begin()) ||
        q.back() % 4 != 0 || v.back() % 4 != 0 || pattern.scores.rank() > 6)
        return std::nullopt;
    const auto has_valid_entries = [&](ValueId id) { return graph_.values[id].valid.has_value(); };
    if (has_valid_entries(pattern.q) || has_valid_entries(pattern.k) || has_valid_entries(pattern.v) ||
        std::ranges::any_of(pattern.terms, has_valid_entries, &ScoreTerm::id))
        return std::nullopt;
    return pattern;
}

/// The nodes that replace the last product. The others lose their readers.
std::vector<Node> AttentionRecogniser::nodes_of(const AttentionPattern& pattern, const Node& product)
{
    std::vector<Node> nodes;
    const auto with_entries = [&](const Shape& shape)
    {
        Integers extents(pattern.scores.begin(), pattern.scores.end());
        extents[extents.size() - 2] = shape[shape.rank() - 2];
        extents[extents.size() - 1] = shape.back();
        return Shape(extents);
    };
    Node node = {
        .name = product.name,
        .op = ScaledDotProductAttention{.scale = float(pattern.scale), .is_k_transposed = pattern.is_k_transposed},
        .inputs = {},
        .outputs = {}};
    for (const ValueId id : {pattern.q, pattern.k, pattern.v})
        node.inputs.push_back(reshaped(graph_, nodes, id, with_entries(shape_of(id))));
    for (const ScoreTerm& term : pattern.terms)
        node.inputs.push_back(reshaped(graph_, nodes, term.id, term.shape));
    const Value output = graph_.values[product.outputs[0]];
    const Shape shape = with_entries(output.shape);
    if (shape == output.shape)
    {
        node.outputs = product.outputs;
        nodes.push_back(std::move(node));
        return nodes;
    }
    const ValueId result = graph_.add_value({.name = product.name + " (" + to_string(shape) + ")",
                                             .type = output.type,
                                             .shape = shape,
                                             .has_shape = true,
                                             .constant = {}});
    node.outputs = {result};
    nodes.push_back(std::move(node));
    nodes.push_back({.name = product.name,
                     .op = Reshape{.shape = {output.shape.begin(), output.shape.end()}},
                     .inputs = {result},
                     .outputs = product.outputs});
    return nodes;
}

} // namespace

void recognise_attention(Graph& graph)
{
    AttentionRecogniser recogniser(graph);
    std::vector<Node> nodes;
    for (const Node& node : graph.nodes)
    {
        const std::optional<AttentionPattern> pattern = recogniser.find(node);
        if (!pattern)
        {
            nodes.push_back(node);
            continue;
        }
        const std::vector<Node> replacement = recogniser.nodes_of(*pattern, node);
        nodes.insert(nodes.end(), replacement.begin(), replacement.end());
    }
    graph.nodes = std::move(nodes);
}

} // namespace vkseg
