#include "runtime/track_valid_entries.hpp"

#include "base/try.hpp"
#include "ops/valid_entries.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace vkseg {
namespace {

std::string describe(const Value& value, const ValidEntries& valid)
{
    return "input '" + value.name + "' " + to_string(value.shape) + " has valid entries along axis " +
           std::to_string(valid.axis) + " whose number is known only when the network runs";
}

} // namespace

Status ValidEntriesTracker::track(Node& node)
{
    if (counts_entries(node.op))
    {
        node.outputs.resize(2, no_value);
        if (node.outputs[1] == no_value)
            node.outputs[1] = graph_.add_value(
                {.name = node.name + " (count)", .type = DType::i64, .shape = {1}, .has_shape = true, .constant = {}});
    }
    for (const ValueId id : node.outputs)
    {
        if (id != no_value)
            graph_.values[id].valid.reset(); // of an earlier planning
    }
    const std::vector<ValueId> inputs = node.inputs;
    std::vector<TensorInfo> infos = infos_of(graph_, node);
    for (TensorInfo& info : infos)
        info.constant = nullptr; // values that are added below move the constants
    ValueId count = no_value;    // of the inputs' valid entries
    size_t axis = 0;             // of these
    bool has_two_counts = false;
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        if (inputs[i] == no_value || !graph_.values[inputs[i]].valid)
            continue;
        const Value input = graph_.values[inputs[i]];
        if (std::holds_alternative<ShapeOf>(node.op))
            return Status(StatusCode::unsupported, describe(input, *input.valid) + ": its shape cannot be computed");
        for (size_t k = 0; k < node.outputs.size(); ++k)
        {
            if (node.outputs[k] == no_value)
                continue;
            const std::optional<DependentEntries> dependent =
                dependent_entries(node.op, infos, i, input.valid->axis, k, graph_.values[node.outputs[k]].shape);
            if (!dependent)
                return Status(StatusCode::unsupported,
                              describe(input, *input.valid) + ", and the operator would mix them with others");
            if (!dependent->axis)
                continue;
            const ValidEntries valid = {.count = multiplied(input.valid->count, dependent->factor, node),
                                        .axis = *dependent->axis};
            std::optional<ValidEntries>& known = graph_.values[node.outputs[k]].valid;
            if (known && *known != valid)
                return Status(StatusCode::unsupported,
                              describe(input, *input.valid) + ", and another input has another number of them");
            known = valid;
        }
        if (const auto* gather = std::get_if<Gather>(&node.op);
            gather != nullptr && i == 0 && !graph_.values[node.outputs[0]].valid && !graph_.values[inputs[1]].valid)
            return Status(StatusCode::unsupported,
                          describe(input, *input.valid) + ", and indices that no selection made may point past them");
        if (count != no_value && count != input.valid->count)
            has_two_counts = true;
        count = input.valid->count;
        axis = input.valid->axis;
    }
    if (const std::optional<Mark> mark = input_to_mark(node.op, infos, axis); mark && count != no_value)
    {
        if (has_two_counts)
            return Status(StatusCode::unsupported,
                          "inputs have different numbers of valid entries, which are known only when the network runs");
        VKSEG_ASSIGN(node.inputs[mark->input], marked(inputs[mark->input], count, *mark, node));
    }
    if (counts_entries(node.op) && !graph_.values[node.outputs[1]].constant && node.outputs[0] != no_value)
        graph_.values[node.outputs[0]].valid = {.count = node.outputs[1], .axis = 0};
    return {};
}

ValueId ValidEntriesTracker::add_node(const Node& reader, const std::string& name, Op op, std::vector<ValueId> inputs,
                                      DType type, const Shape& shape)
{
    const ValueId output =
        graph_.add_value({.name = name, .type = type, .shape = shape, .has_shape = true, .constant = {}});
    new_nodes_.push_back(
        {.reader = size_t(&reader - graph_.nodes.data()),
         .node = {.name = name, .op = std::move(op), .inputs = std::move(inputs), .outputs = {output}}});
    return output;
}

ValueId ValidEntriesTracker::multiplied(ValueId count, int64_t factor, const Node& reader)
{
    if (factor == 1)
        return count;
    const auto [known, is_new] = multiplied_.try_emplace({count, factor}, no_value);
    if (is_new)
    {
        const std::string name = graph_.values[count].name + " times " + std::to_string(factor);
        const ValueId by = graph_.add_constant(name + " (factor)", Tensor::from_integers({1}, {factor}));
        known->second = add_node(reader, name, Binary{.kind = BinaryKind::mul}, {count, by}, DType::i64, {1});
    }
    return known->second;
}

/// The value with the mark in its invalid entries.
Result<ValueId> ValidEntriesTracker::marked(ValueId id, ValueId count, const Mark& mark, const Node& reader)
{
    const Value value = graph_.values[id];
    const ValidEntries valid = {.count = count, .axis = mark.axis};
    Shape shape; // broadcasts along all other axes
    for (size_t i = valid.axis; i < value.shape.rank(); ++i)
        shape.append(i == valid.axis ? value.shape[i] : 1);
    if (!budget_.spend(value.shape[valid.axis]))
        return beyond_budget(budget_, std::to_string(value.shape[valid.axis]) + " positions");
    std::vector<int64_t> positions(size_t(value.shape[valid.axis]));
    std::iota(positions.begin(), positions.end(), 0);
    const ValueId numbers =
        graph_.add_constant(value.name + " (positions)", Tensor::from_integers(shape, std::move(positions)));
    const ValueId invalid = graph_.add_constant(value.name + " (invalid)", Tensor::from({1}, {mark.value}));
    const ValueId is_valid = add_node(reader, value.name + " (is valid)", Binary{.kind = BinaryKind::less},
                                      {numbers, valid.count}, DType::boolean, shape);
    const ValueId result =
        add_node(reader, value.name + " (valid)", Where{}, {is_valid, id, invalid}, value.type, value.shape);
    graph_.values[result].valid = valid;
    return result;
}

void ValidEntriesTracker::finish()
{
    if (new_nodes_.empty())
        return;
    std::vector<Node> nodes;
    auto next = new_nodes_.begin(); // in the order of their readers
    for (size_t i = 0; i < graph_.nodes.size(); ++i)
    {
        for (; next != new_nodes_.end() && next->reader == i; ++next)
            nodes.push_back(std::move(next->node));
        nodes.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(nodes);
    new_nodes_.clear();
}

void give_out_counts(Graph& graph)
{
    const std::vector<ValueId> outputs = graph.outputs;
    for (const ValueId id : outputs)
    {
        const std::optional<ValidEntries>& valid = graph.values[id].valid;
        if (valid && std::ranges::find(graph.outputs, valid->count) == graph.outputs.end())
            graph.outputs.push_back(valid->count);
    }
}

void cut_to_valid_entries(const Graph& graph, std::span<NamedTensor> outputs)
{
    for (size_t i = 0; i < outputs.size(); ++i)
    {
        const std::optional<ValidEntries>& valid = graph.values[graph.outputs[i]].valid;
        if (!valid)
            continue;
        const auto count = std::ranges::find(graph.outputs, valid->count);
        assert(count != graph.outputs.end()); // give_out_counts()
        const Tensor& tensor = outputs[size_t(count - graph.outputs.begin())].tensor;
        const int64_t entries = std::clamp<int64_t>(tensor.to_integers()[0], 0, outputs[i].tensor.shape()[valid->axis]);
        outputs[i].tensor = outputs[i].tensor.first_entries(valid->axis, entries);
    }
}

} // namespace vkseg
