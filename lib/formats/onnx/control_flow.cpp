// Operators with subgraphs.
#include "base/text.hpp"
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vkseg::onnx {
namespace {

void read_if(NodeReader& node)
{
    const NodeReader::Subgraphs read = node.subgraphs({"then_branch", "else_branch"});
    if (read.graphs.empty())
        return;
    for (const auto& graph : read.graphs)
    {
        if (graph->outputs.size() != node.output_count())
            node.invalid("a branch has " + counted(graph->outputs.size(), "output") + ", but the node has " +
                         std::to_string(node.output_count()));
    }
    std::vector<ValueId> inputs = {node.input(0)};
    inputs.insert(inputs.end(), read.captured.begin(), read.captured.end());
    node.emit(If{.then_branch = read.graphs[0], .else_branch = read.graphs[1]}, std::move(inputs));
}

void read_loop(NodeReader& node)
{
    const NodeReader::Subgraphs read = node.subgraphs({"body"});
    if (read.graphs.empty())
        return;
    std::vector<ValueId> inputs = node.inputs();
    inputs.resize(std::max<size_t>(inputs.size(), 2), no_value);
    const Loop op = {.body = read.graphs[0], .carried = inputs.size() - 2};
    if (op.body->inputs.size() != inputs.size() + read.captured.size())
        node.invalid("the body has " +
                     counted(op.body->inputs.size() - std::min(op.body->inputs.size(), read.captured.size()), "input") +
                     ", but the node has " + std::to_string(inputs.size()));
    if (op.body->outputs.size() != node.output_count() + 1)
        node.invalid("the body has " + counted(op.body->outputs.size(), "output") +
                     ", expected a condition and one for each of the node's " + std::to_string(node.output_count()));
    if (node.output_count() < op.carried)
        node.invalid("expected an output for each of " + counted(op.carried, "variable") + ", got " +
                     std::to_string(node.output_count()));
    inputs.insert(inputs.end(), read.captured.begin(), read.captured.end());
    node.emit(op, std::move(inputs));
}

/// An input of the body of a Scan or SequenceMap that is a part of an input of the node.
struct Part
{
    Op op; ///< computes the part. Inputs: the whole, the number of the part
    bool is_from_end = false;
};

/// The Loop of a body whose inputs are variables, parts and captured values. The loop's inputs are the variables, a
/// sequence for each other output of the body, the wholes and captured values. An output is added at the end of its
/// sequence, or at the beginning if its direction is 1.
Loop loop_over_parts(Graph body, size_t variables, std::span<const Part> parts, const Integers& directions)
{
    const std::vector<ValueId> inputs = std::exchange(body.inputs, {});
    const std::vector<ValueId> outputs = std::exchange(body.outputs, {});
    std::vector<Node> nodes = std::exchange(body.nodes, {});
    const ValueId turn = body.add_input("turn", DType::i64, Shape{});
    body.outputs = {body.add_input("condition", DType::boolean, Shape{})};
    const auto first_part = inputs.begin() + std::ptrdiff_t(variables);
    body.inputs.insert(body.inputs.end(), inputs.begin(), first_part);
    body.outputs.insert(body.outputs.end(), outputs.begin(), outputs.begin() + std::ptrdiff_t(variables));
    std::vector<ValueId> sequences;
    for (size_t i = variables; i < outputs.size(); ++i)
        sequences.push_back(body.add_input(body.values[outputs[i]].name + " (before)", DType::f32, Shape{}));
    const ValueId last = body.add_constant("last", Tensor::from_integers(Shape{}, {-1}));
    const ValueId begin = body.add_constant("begin", Tensor::from_integers(Shape{}, {0}));
    for (size_t i = 0; i < parts.size(); ++i)
    {
        const ValueId part = inputs[variables + i];
        const std::string name = body.values[part].name;
        const ValueId whole = body.add_input(name + " (whole)", DType::f32, Shape{});
        const ValueId number = parts[i].is_from_end
                                   ? body.add_node(name + " (number)", Binary{.kind = BinaryKind::sub}, {last, turn})
                                   : turn;
        body.nodes.push_back({.name = name, .op = parts[i].op, .inputs = {whole, number}, .outputs = {part}});
    }
    body.inputs.insert(body.inputs.end(), first_part + std::ptrdiff_t(parts.size()), inputs.end());
    std::ranges::move(nodes, std::back_inserter(body.nodes));
    for (size_t i = 0; i < sequences.size(); ++i)
    {
        const ValueId result = outputs[variables + i];
        std::vector<ValueId> added = {sequences[i], result};
        if (directions[i] == 1)
            added.push_back(begin);
        body.outputs.push_back(body.add_node(body.values[result].name + " (after)",
                                             TensorSequence{.kind = SequenceKind::insert}, std::move(added)));
    }
    return {.body = std::make_shared<const Graph>(std::move(body)), .carried = variables + sequences.size()};
}

/// The loop's outputs after `turns` turns, whose ids follow each other. The node's inputs are variables and wholes.
ValueId append_loop(NodeReader& node, Loop loop, ValueId turns, size_t variables, const std::vector<ValueId>& captured)
{
    const std::vector<ValueId>& given = node.inputs();
    const auto first_whole = given.begin() + std::ptrdiff_t(variables);
    std::vector<ValueId> inputs = {turns, no_value};
    inputs.insert(inputs.end(), given.begin(), first_whole);
    if (loop.carried > variables)
        inputs.resize(2 + loop.carried, node.append(TensorSequence{.kind = SequenceKind::construct}, {}));
    inputs.insert(inputs.end(), first_whole, given.end());
    inputs.insert(inputs.end(), captured.begin(), captured.end());
    const size_t outputs = loop.carried;
    return node.append(std::move(loop), std::move(inputs), outputs);
}

/// An attribute with an entry for each of some inputs or outputs; 0 if it is missing.
Integers entries_of(NodeReader& node, std::string_view attribute, size_t count)
{
    Integers values = node.integers(attribute);
    if (!values.empty() && values.size() != count)
        node.invalid("attribute '" + std::string(attribute) + "': expected " + counted(count, "integer") + ", got " +
                     std::to_string(values.size()));
    values.resize(count, 0);
    return values;
}

Integers directions_of(NodeReader& node, std::string_view attribute, size_t count)
{
    Integers values = entries_of(node, attribute, count);
    if (std::ranges::any_of(values, [](int64_t value) { return value != 0 && value != 1; }))
        node.invalid("attribute '" + std::string(attribute) + "': expected 0 (forward) or 1 (backward)");
    return values;
}

/// Fails unless the body has the inputs and outputs that the node has, and no input is missing.
bool fits(NodeReader& node, const NodeReader::Subgraphs& read)
{
    const Graph& body = *read.graphs[0];
    const size_t inputs = node.inputs().size();
    const auto missing = std::ranges::find(node.inputs(), no_value);
    if (missing != node.inputs().end())
        node.invalid("input " + std::to_string(missing - node.inputs().begin()) + " is missing");
    else if (body.inputs.size() != inputs + read.captured.size())
        node.invalid("the body has " +
                     counted(body.inputs.size() - std::min(body.inputs.size(), read.captured.size()), "input") +
                     ", but the node has " + std::to_string(inputs));
    else if (body.outputs.size() != node.output_count())
        node.invalid("the body has " + counted(body.outputs.size(), "output") + ", but the node has " +
                     std::to_string(node.output_count()));
    else
        return true;
    return false;
}

/// A Loop over the slices of some inputs; results are collected in sequences, since their rank is not known yet.
void read_scan(NodeReader& node)
{
    const NodeReader::Subgraphs read = node.subgraphs({"body"});
    const int64_t sliced = node.required_integer("num_scan_inputs");
    if (read.graphs.empty() || !fits(node, read))
        return;
    if (sliced < 1 || sliced > int64_t(node.inputs().size()))
        return node.invalid("attribute 'num_scan_inputs': expected 1 to " + std::to_string(node.inputs().size()) +
                            ", got " + std::to_string(sliced));
    const size_t variables = node.inputs().size() - size_t(sliced);
    if (node.output_count() < variables)
        return node.invalid("expected an output for each of " + counted(variables, "variable") + ", got " +
                            std::to_string(node.output_count()));
    const size_t results = node.output_count() - variables;
    const Integers axes = entries_of(node, "scan_input_axes", size_t(sliced));
    const Integers from_end = directions_of(node, "scan_input_directions", size_t(sliced));
    const Integers result_axes = entries_of(node, "scan_output_axes", results);
    const Integers result_directions = directions_of(node, "scan_output_directions", results);
    std::vector<Part> parts;
    ValueId turns = no_value; // a part that is missing is out of range, so the largest extent
    for (size_t i = 0; i < axes.size(); ++i)
    {
        parts.push_back({.op = Gather{.axis = axes[i]}, .is_from_end = from_end[i] == 1});
        const ValueId slices = extent(node, node.input(variables + i), axes[i]);
        turns = turns == no_value ? slices : binary(node, BinaryKind::max, turns, slices);
    }
    const ValueId first = append_loop(node, loop_over_parts(*read.graphs[0], variables, parts, result_directions),
                                      turns, variables, read.captured);
    for (size_t i = 0; i < variables; ++i)
        node.emit_value(i, first + ValueId(i));
    for (size_t i = 0; i < results; ++i)
        node.emit_output(variables + i,
                         TensorSequence{.kind = SequenceKind::concat, .axis = result_axes[i], .is_stack = true},
                         {first + ValueId(variables + i)});
}

void read_sequence_map(NodeReader& node)
{
    const NodeReader::Subgraphs read = node.subgraphs({"body"});
    if (read.graphs.empty() || !fits(node, read))
        return;
    std::vector<Part> parts(node.inputs().size(), Part{.op = TensorSequence{.kind = SequenceKind::argument}});
    parts[0].op = TensorSequence{.kind = SequenceKind::element};
    const ValueId turns = node.append(TensorSequence{.kind = SequenceKind::length}, {node.input(0)});
    const Integers forward(node.output_count(), 0);
    const ValueId first =
        append_loop(node, loop_over_parts(*read.graphs[0], 0, parts, forward), turns, 0, read.captured);
    for (size_t i = 0; i < node.output_count(); ++i)
        node.emit_value(i, first + ValueId(i));
}

constexpr OperatorReader control_flow_readers[] = {
    {"If", read_if, 1, 1, unlimited},
    {"Loop", read_loop, 0, unlimited, unlimited},
    {"Scan", read_scan, 1, unlimited, unlimited, 9}, // before opset 9: with a batch axis
    {"SequenceMap", read_sequence_map, 1, unlimited, unlimited},
};

} // namespace

std::span<const OperatorReader> control_flow_operators()
{
    return control_flow_readers;
}

} // namespace vkseg::onnx
