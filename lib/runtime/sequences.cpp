#include "runtime/sequences.hpp"

#include "base/div_ceil.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/control_flow.hpp"
#include "runtime/memory_bound.hpp"

#include <algorithm>

namespace vkseg {
namespace {

Status misused(std::string message)
{
    return Status(StatusCode::invalid_model, std::move(message));
}

bool is_given(const Node& node, size_t input)
{
    return node.inputs.size() > input && node.inputs[input] != no_value;
}

} // namespace

bool Sequences::concerns(const Node& node) const
{
    if (std::holds_alternative<TensorSequence>(node.op))
        return true;
    if (std::holds_alternative<If>(node.op) || std::holds_alternative<Loop>(node.op))
        return false;
    return !lists_.empty() && std::ranges::any_of(node.inputs, [&](ValueId id) { return contains(id); });
}

/// The input in messages: "input 0 'parts'".
std::string Sequences::quoted(const Node& node, size_t input) const
{
    return "input " + std::to_string(input) + " '" + printable(graph_.values[node.inputs[input]].name) + "'";
}

/// Charges the budget for new nodes, each with a value, and for elements of a list.
Status Sequences::spend(size_t nodes, size_t elements)
{
    constexpr size_t values_of_a_node = 256;
    constexpr size_t elements_of_a_value = 4; // 16 bytes, which stay until the network is planned
    if (budget_.spend(int64_t(values_of_a_node * nodes + elements / elements_of_a_value)))
        return {};
    return beyond_budget(budget_, "a sequence of " + counted(std::max(nodes, elements), "tensor"));
}

Result<const Sequences::List*> Sequences::list_of(const Node& node, size_t input) const
{
    const auto found = lists_.find(node.inputs[input]);
    if (found == lists_.end())
        return misused(quoted(node, input) + " is a tensor, expected a sequence of tensors");
    if (!found->second)
        return misused(quoted(node, input) + " is an optional value that is missing");
    return &*found->second;
}

/// The integers of a parameter.
Result<Tensor> Sequences::integers_of(const Node& node, size_t input) const
{
    const Value& value = graph_.values[node.inputs[input]];
    if (contains(node.inputs[input]) || is_float(value.type))
        return misused(quoted(node, input) + ": expected integers, got " +
                       (contains(node.inputs[input]) ? "a sequence" : name(value.type)));
    return *value.constant;
}

/// The position that an input gives, from 0 to `end` exclusive; the last of these if there is no such input.
Result<size_t> Sequences::position_of(const Node& node, size_t input, size_t count, size_t end) const
{
    int64_t given = int64_t(end) - 1;
    if (is_given(node, input))
    {
        VKSEG_ASSIGN(const Tensor position, integers_of(node, input));
        if (position.elements() != 1)
            return misused(quoted(node, input) + ": expected one integer, got shape " + to_string(position.shape()));
        given = position.to_integers()[0];
    }
    if (end == 0)
        return misused(quoted(node, 0) + " is a sequence without tensors");
    if (given < -int64_t(count) || given >= int64_t(end))
        return misused("position " + std::to_string(given) + " is out of range: " + quoted(node, 0) + " has " +
                       counted(count, "tensor"));
    return size_t(given < 0 ? given + int64_t(count) : given);
}

/// Adds an input of the node to the list.
Status Sequences::add(List& list, size_t position, const Node& node, size_t input) const
{
    const ValueId id = node.inputs[input];
    if (id == no_value)
        return misused("input " + std::to_string(input) + " is missing");
    if (contains(id))
        return misused(quoted(node, input) + " is a sequence, expected a tensor");
    const DType type = graph_.values[id].type;
    if (!list.empty() && graph_.values[list.front()].type != type)
        return misused(quoted(node, input) + " is of " + name(type) + ", but the sequence has tensors of " +
                       name(graph_.values[list.front()].type));
    list.insert(list.begin() + std::ptrdiff_t(position), id);
    return {};
}

void Sequences::set_constant(ValueId id, Tensor tensor)
{
    Value& value = graph_.values[id];
    value.type = tensor.type();
    value.shape = tensor.shape();
    value.has_shape = true;
    value.constant = std::move(tensor);
}

Result<Sequences::List> Sequences::constructed(const Node& node) const
{
    List list;
    for (size_t i = 0; i < node.inputs.size(); ++i)
        VKSEG_TRY(add(list, i, node, i));
    return list;
}

Result<Sequences::List> Sequences::with_tensor(const Node& node) const
{
    VKSEG_ASSIGN(const List* const before, list_of(node, 0));
    VKSEG_ASSIGN(const size_t position, position_of(node, 2, before->size(), before->size() + 1));
    List list = *before;
    VKSEG_TRY(add(list, position, node, 1));
    return list;
}

Result<Sequences::List> Sequences::without_tensor(const Node& node) const
{
    VKSEG_ASSIGN(const List* const before, list_of(node, 0));
    VKSEG_ASSIGN(const size_t position, position_of(node, 1, before->size(), before->size()));
    List list = *before;
    list.erase(list.begin() + std::ptrdiff_t(position));
    return list;
}

/// Extents of the parts along the axis.
Result<Integers> Sequences::part_extents(const Node& node, int64_t extent)
{
    int64_t step = 1;
    if (is_given(node, 1))
    {
        VKSEG_ASSIGN(const Tensor given, integers_of(node, 1));
        if (given.shape().rank() > 1)
            return misused(quoted(node, 1) + ": expected an integer or a list of integers, got shape " +
                           to_string(given.shape()));
        if (given.shape().rank() == 1)
        {
            VKSEG_TRY(spend(size_t(given.elements()), 0));
            return given.to_integers();
        }
        step = given.to_integers()[0];
    }
    if (step < 1)
        return misused(quoted(node, 1) + ": expected an extent of at least 1, got " + std::to_string(step));
    const int64_t part = std::min(step, std::max<int64_t>(extent, 1));
    const int64_t count = div_ceil(extent, part);
    VKSEG_TRY(spend(size_t(count), 0));
    Integers extents(size_t(count), part);
    if (count > 0)
        extents.back() = extent - part * (count - 1);
    return extents;
}

Result<std::vector<Node>> Sequences::split(const Node& node)
{
    if (contains(node.inputs[0]))
        return misused(quoted(node, 0) + " is a sequence, expected a tensor");
    const auto& op = std::get<TensorSequence>(node.op);
    const Shape shape = graph_.values[node.inputs[0]].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, shape.rank()));
    VKSEG_ASSIGN(Integers extents, part_extents(node, shape[axis]));
    const bool drops_axis = !op.keep_dims && !is_given(node, 1);
    std::vector<Node> nodes;
    List list;
    if (!extents.empty())
    {
        Node parts = {.name = node.name, .op = Split{}, .inputs = {node.inputs[0]}, .outputs = {}};
        for (size_t i = 0; i < extents.size(); ++i)
        {
            const std::string name = node.name + "/part " + std::to_string(i);
            list.push_back(graph_.add_value({.name = name, .shape = {}, .constant = {}}));
            parts.outputs.push_back(list.back());
        }
        parts.op = Split{.axis = op.axis, .split = std::move(extents), .parts = int64_t(list.size())};
        nodes.push_back(std::move(parts));
    }
    else if (shape[axis] > 0)
        return misused(quoted(node, 1) + " has no extents");
    for (ValueId& id : list)
    {
        if (!drops_axis)
            break;
        const ValueId part = id;
        const std::string name = graph_.values[part].name + " (squeezed)";
        id = graph_.add_value({.name = name, .shape = {}, .constant = {}});
        nodes.push_back({.name = name,
                         .op = Reshape{.kind = ReshapeKind::squeeze, .axes = {op.axis}},
                         .inputs = {part},
                         .outputs = {id}});
    }
    lists_[node.outputs[0]] = std::move(list);
    return nodes;
}

Result<std::vector<Node>> Sequences::concat(const Node& node)
{
    const auto& op = std::get<TensorSequence>(node.op);
    VKSEG_ASSIGN(const List* const list, list_of(node, 0));
    if (list->empty())
        return misused(quoted(node, 0) +
                       " is a sequence without tensors, so that the shape of the result is not known");
    VKSEG_TRY(spend(op.is_stack ? list->size() : 1, list->size()));
    if (op.is_stack)
        return stacked(graph_, *list, op.axis, node.name, node.outputs[0]);
    return std::vector<Node>{
        {.name = node.name, .op = Concat{.axis = op.axis}, .inputs = *list, .outputs = node.outputs}};
}

Result<std::vector<Node>> Sequences::take(const Node& node)
{
    VKSEG_ASSIGN(const List* const list, list_of(node, 0));
    VKSEG_ASSIGN(const size_t position, position_of(node, 1, list->size(), list->size()));
    return std::vector<Node>{alias(graph_, (*list)[position], node.outputs[0])};
}

/// Lets the output of an identity be the same sequence.
Status Sequences::pass_on(const Node& node)
{
    const auto* unary = std::get_if<Unary>(&node.op);
    if (unary != nullptr && unary->kind == UnaryKind::identity)
    {
        std::optional<List> list = lists_.at(node.inputs[0]);
        VKSEG_TRY(spend(0, list ? list->size() : 0));
        lists_[node.outputs[0]] = std::move(list);
        return {};
    }
    const auto found = std::ranges::find_if(node.inputs, [&](ValueId id) { return contains(id); });
    const auto input = size_t(found - node.inputs.begin());
    return misused(quoted(node, input) + " is " +
                   (lists_.at(*found) ? "a sequence of tensors" : "an optional value that is missing") +
                   ", expected a tensor");
}

Result<std::vector<Node>> Sequences::evaluate(const Node& node)
{
    if (node.outputs.empty() || node.outputs[0] == no_value)
        return std::vector<Node>();
    const auto* op = std::get_if<TensorSequence>(&node.op);
    const ValueId output = node.outputs[0];
    if (op == nullptr)
    {
        VKSEG_TRY(pass_on(node));
        return std::vector<Node>();
    }
    for (size_t i = 0; i < signature(node.op).min_inputs; ++i)
    {
        if (!is_given(node, i))
            return misused("input " + std::to_string(i) + " is missing");
    }
    switch (op->kind)
    {
    case SequenceKind::split:
        return split(node);
    case SequenceKind::concat:
        return concat(node);
    case SequenceKind::argument:
        if (!contains(node.inputs[0]))
            return std::vector<Node>{alias(graph_, node.inputs[0], output)};
        return take(node);
    case SequenceKind::element:
        return take(node);
    case SequenceKind::construct: {
        VKSEG_ASSIGN(lists_[output], constructed(node));
        break;
    }
    case SequenceKind::insert: {
        VKSEG_ASSIGN(lists_[output], with_tensor(node));
        break;
    }
    case SequenceKind::erase: {
        VKSEG_ASSIGN(lists_[output], without_tensor(node));
        break;
    }
    case SequenceKind::length: {
        VKSEG_ASSIGN(const List* const list, list_of(node, 0));
        set_constant(output, Tensor::from_integers(Shape{}, {int64_t(list->size())}));
        return std::vector<Node>();
    }
    case SequenceKind::none:
        lists_[output] = std::nullopt;
        return std::vector<Node>();
    case SequenceKind::has_value: {
        const bool has_value = is_given(node, 0) && (!contains(node.inputs[0]) || lists_.at(node.inputs[0]));
        set_constant(output, Tensor::from_bytes(DType::boolean, Shape{}, {std::byte(has_value)}));
        return std::vector<Node>();
    }
    }
    VKSEG_TRY(spend(0, lists_.at(output)->size()));
    return std::vector<Node>();
}

} // namespace vkseg
