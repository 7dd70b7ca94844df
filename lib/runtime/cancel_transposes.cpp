#include "ops/movement/permutation.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/fuse.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vkseg {
namespace {

using AxisOrder = std::vector<size_t>; // axis i of the output is axis permutation[i] of the input

bool are_inverse(const AxisOrder& a, const AxisOrder& b)
{
    for (size_t axis = 0; axis < a.size(); ++axis)
    {
        if (a.size() != b.size() || a[b[axis]] != axis)
            return false;
    }
    return true;
}

/// The shape before a transposition.
Shape shape_before(const Shape& shape, const AxisOrder& permutation)
{
    Shape result = shape;
    for (size_t axis = 0; axis < permutation.size(); ++axis)
        result[permutation[axis]] = shape[axis];
    return result;
}

/// A constant's shape before a transposition to `permutation.size()` axes, if the order of its values does not change:
/// at most one extent is not 1.
std::optional<Shape> constant_before(const Shape& shape, const AxisOrder& permutation)
{
    Shape result(Integers(permutation.size(), 1));
    size_t long_axes = 0;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        if (shape[axis] == 1)
            continue;
        ++long_axes;
        result[permutation[permutation.size() - shape.rank() + axis]] = shape[axis];
    }
    return long_axes <= 1 && shape.rank() <= permutation.size() ? std::optional(result) : std::nullopt;
}

/// Nodes of a region, at most: blocks of networks have fewer.
constexpr size_t max_nodes = 64;

using Readers = std::vector<std::vector<size_t>>; // the nodes that read each value

/// Nodes between a transposition and its inverse that can as well be computed on the tensor before it.
class Region
{
public:
    Region(const Graph& graph, const Readers& readers, const std::vector<int>& producers, AxisOrder permutation)
        : graph_(graph), readers_(readers), producers_(producers), permutation_(std::move(permutation))
    {}

    /// Adds everything that depends on the output of the node, a transposition. False if the region has no end.
    bool grow(size_t first);

    const std::set<size_t>& nodes() const { return nodes_; } ///< transpositions at both ends included
    const AxisOrder& permutation() const { return permutation_; }
    bool is_begin(const Node& node) const { return permutation_of(node) == permutation_; }
    bool is_end(const Node& node) const
    {
        const AxisOrder other = permutation_of(node);
        return !other.empty() && are_inverse(other, permutation_);
    }

private:
    AxisOrder permutation_of(const Node& node) const;
    bool can_move(const Node& node) const;
    bool add_inputs(const Node& node);

    const Graph& graph_;
    const Readers& readers_;
    const std::vector<int>& producers_;
    AxisOrder permutation_;
    std::set<size_t> nodes_;
    std::vector<size_t> pending_;
};

/// The axes of a Transpose; empty for other nodes, and for one that is no permutation of `permutation_`'s rank.
AxisOrder Region::permutation_of(const Node& node) const
{
    const auto* transpose = std::get_if<Transpose>(&node.op);
    if (transpose == nullptr)
        return {};
    const size_t rank = graph_.values[node.inputs[0]].shape.rank();
    const Result<std::vector<size_t>> result = resolve_permutation(*transpose, rank);
    return result.is_ok() && rank == permutation_.size() ? *result : AxisOrder();
}

bool Region::can_move(const Node& node) const
{
    const size_t rank = permutation_.size();
    if (node.outputs.size() != 1 || node.outputs[0] == no_value || graph_.values[node.outputs[0]].shape.rank() != rank)
        return false;
    const size_t data = std::min(signature(node.op).data_inputs, node.inputs.size());
    const bool is_elementwise = std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op) ||
                                std::holds_alternative<Cast>(node.op);
    if (is_elementwise)
    {
        return std::all_of(node.inputs.begin(), node.inputs.begin() + ptrdiff_t(data),
                           [&](ValueId id)
                           {
                               const Value& value = graph_.values[id];
                               return value.constant ? constant_before(value.shape, permutation_).has_value()
                                                     : value.shape.rank() == rank;
                           });
    }
    if (const auto* op = std::get_if<LayerNormalization>(&node.op))
    {
        const Result<std::vector<size_t>> axes = resolve_axes(op->axes, rank);
        return axes.is_ok() && axes->size() == 1 && permutation_[axes->front()] == 1;
    }
    const auto* product = std::get_if<FullyConnected>(&node.op);
    return product != nullptr && !product->is_over_channels && !product->has_residual && rank >= 3 && rank <= 5 &&
           permutation_[rank - 1] == 1;
}

/// Adds what computes the other inputs of a node that moves.
bool Region::add_inputs(const Node& node)
{
    const size_t data = std::min(signature(node.op).data_inputs, node.inputs.size());
    for (size_t i = 0; i < data; ++i)
    {
        const Value& value = graph_.values[node.inputs[i]];
        if (value.constant)
            continue;
        const int producer = producers_[node.inputs[i]];
        if (producer < 0 || value.valid)
            return false;
        const Node& source = graph_.nodes[size_t(producer)];
        if (!is_begin(source) && !can_move(source))
            return false;
        pending_.push_back(size_t(producer));
    }
    return true;
}

bool Region::grow(size_t first)
{
    pending_ = {first};
    bool has_end = false;
    while (!pending_.empty())
    {
        const size_t index = pending_.back();
        pending_.pop_back();
        if (!nodes_.insert(index).second)
            continue;
        const Node& node = graph_.nodes[index];
        if (nodes_.size() > max_nodes)
            return false;
        if (is_end(node))
        {
            has_end = true;
            continue;
        }
        const bool is_source = is_begin(node);
        if ((!is_source && (!can_move(node) || !add_inputs(node))) || graph_.values[node.outputs[0]].valid ||
            std::ranges::find(graph_.outputs, node.outputs[0]) != graph_.outputs.end())
            return false;
        for (const size_t reader : readers_[node.outputs[0]])
            pending_.push_back(reader);
    }
    // A tensor that is transposed twice would have another order than the others.
    const auto is_transposed_twice = [&](size_t index)
    {
        const Node& node = graph_.nodes[index];
        const int producer = producers_[node.inputs[0]];
        return is_begin(node) && producer >= 0 && nodes_.contains(size_t(producer)) &&
               !is_end(graph_.nodes[size_t(producer)]);
    };
    return has_end && std::ranges::none_of(nodes_, is_transposed_twice);
}

/// Computes a region on the tensors before its transpositions; those at its end become identities.
void move_before(Graph& graph, const Region& region, Readers& readers)
{
    const AxisOrder& permutation = region.permutation();
    std::map<ValueId, ValueId> before; // inputs of the transpositions that are gone, by their outputs
    const auto reshape_constant = [&](ValueId& id)
    {
        const Value value = graph.values[id];
        if (value.constant)
            id = graph.add_constant(value.name, value.constant->reshaped(*constant_before(value.shape, permutation)));
    };
    for (const size_t index : region.nodes())
    {
        Node& node = graph.nodes[index];
        if (region.is_begin(node))
        {
            before[node.outputs[0]] = node.inputs[0];
            std::vector<size_t>& reading = readers[node.inputs[0]];
            std::erase(reading, index);
            reading.insert(reading.end(), readers[node.outputs[0]].begin(), readers[node.outputs[0]].end());
            node.outputs[0] = no_value;
            continue;
        }
        for (ValueId& id : node.inputs)
        {
            if (const auto input = before.find(id); input != before.end())
                id = input->second;
        }
        if (region.is_end(node))
        {
            node.op = Unary{.kind = UnaryKind::identity};
            continue;
        }
        if (auto* layer = std::get_if<LayerNormalization>(&node.op))
        {
            layer->axes = {1};
            std::ranges::for_each(std::span(node.inputs).subspan(1), reshape_constant);
        }
        else if (auto* product = std::get_if<FullyConnected>(&node.op))
            product->is_over_channels = true;
        else
            std::ranges::for_each(node.inputs, reshape_constant);
        Shape& shape = graph.values[node.outputs[0]].shape;
        shape = shape_before(shape, permutation);
    }
}

Readers find_readers(const Graph& graph)
{
    Readers readers(graph.values.size());
    for (size_t index = 0; index < graph.nodes.size(); ++index)
    {
        for (const ValueId id : graph.nodes[index].inputs)
        {
            if (id != no_value)
                readers[id].push_back(index);
        }
    }
    return readers;
}

} // namespace

void cancel_transposes(Graph& graph)
{
    Readers readers = find_readers(graph);
    const std::vector<int> producers = find_producers(graph);
    for (size_t index = 0; index < graph.nodes.size(); ++index)
    {
        const Node& node = graph.nodes[index];
        const auto* transpose = std::get_if<Transpose>(&node.op);
        if (transpose == nullptr || node.outputs[0] == no_value)
            continue;
        const size_t rank = graph.values[node.inputs[0]].shape.rank();
        Result<AxisOrder> permutation = resolve_permutation(*transpose, rank);
        if (!permutation.is_ok() || are_inverse(*permutation, *permutation))
            continue; // begin and end would look alike
        Region region(graph, readers, producers, *std::move(permutation));
        if (region.grow(index))
            move_before(graph, region, readers);
    }
}

} // namespace vkseg
