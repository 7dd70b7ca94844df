#include "runtime/states.hpp"

#include "base/text.hpp"
#include "base/try.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>

namespace vkseg {
namespace {

Status wrong_state(const Graph& graph, const StateEnds& state, const std::string& message)
{
    const auto name = [&](ValueId id) { return "'" + printable(graph.values[id].name) + "'"; };
    return Status(StatusCode::invalid_argument, "state from output " + name(graph.outputs[state.output]) +
                                                    " to input " + name(graph.inputs[state.input]) + ": " + message);
}

/// The index of the graph input or output of this name.
Result<uint32_t> find_state_end(const Graph& graph, const std::vector<ValueId>& ends, const char* kind,
                                const std::string& wanted)
{
    std::string names;
    for (size_t i = 0; i < ends.size(); ++i)
    {
        const std::string& name = graph.values[ends[i]].name;
        if (name == wanted)
            return uint32_t(i);
        names += (names.empty() ? "'" : ", '") + printable(name) + "'";
    }
    return Status(StatusCode::invalid_argument, std::string("state: the network has no ") + kind + " '" +
                                                    printable(wanted) + "'; it has " +
                                                    (names.empty() ? "none" : names));
}

bool is_open(const Value& value)
{
    return !value.has_shape || !value.shape.is_known();
}

/// True if a tensor of this shape may be given for the value.
bool may_have(const Value& value, const Shape& shape)
{
    if (!value.has_shape)
        return true;
    if (value.shape.rank() != shape.rank())
        return false;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        if (value.shape[axis] >= 0 && value.shape[axis] != shape[axis])
            return false;
    }
    return true;
}

Shape guessed_shape(const Value& input)
{
    constexpr size_t usual_rank = 4;
    Shape shape;
    for (size_t axis = 0; axis < (input.has_shape ? input.shape.rank() : usual_rank); ++axis)
        shape.append(input.has_shape && input.shape[axis] >= 0 ? input.shape[axis] : 1);
    return shape;
}

/// The graph without the nodes that states do not depend on.
Graph states_only(const Graph& graph, std::span<const StateEnds> states)
{
    Graph part = graph;
    part.outputs.clear();
    for (const StateEnds& state : states)
        part.outputs.push_back(graph.outputs[state.output]);
    remove_unused_nodes(part);
    return part;
}

} // namespace

Result<std::vector<StateEnds>> find_states(const Graph& graph, std::span<const StateLink> links)
{
    std::vector<StateEnds> states;
    for (const StateLink& link : links)
    {
        StateEnds state = {.is_f32 = link.is_f32};
        VKSEG_ASSIGN(state.output, find_state_end(graph, graph.outputs, "output", link.output));
        VKSEG_ASSIGN(state.input, find_state_end(graph, graph.inputs, "input", link.input));
        if (std::ranges::find(states, state.output, &StateEnds::output) != states.end())
            return wrong_state(graph, state, "the output is linked twice");
        if (std::ranges::find(states, state.input, &StateEnds::input) != states.end())
            return wrong_state(graph, state, "the input is linked twice");
        const Value& input = graph.values[graph.inputs[state.input]];
        if (input.type == DType::u8)
            return wrong_state(graph, state, "expected floats or integers of 32 or 64 bits, got u8");
        const Value& output = graph.values[graph.outputs[state.output]];
        if (input.has_shape && output.has_shape && input.shape.rank() != output.shape.rank())
            return wrong_state(graph, state,
                               "expected the same rank, got " + to_string(output.shape) + " and " +
                                   to_string(input.shape));
        states.push_back(state);
    }
    return states;
}

std::vector<NamedShape> with_guessed_states(const Graph& graph, std::span<const StateEnds> states,
                                            std::span<const NamedShape> shapes)
{
    std::vector<NamedShape> all(shapes.begin(), shapes.end());
    for (const StateEnds& state : states)
    {
        const Value& input = graph.values[graph.inputs[state.input]];
        if (is_open(input))
            all.push_back({input.name, guessed_shape(input)});
    }
    return all;
}

Result<std::vector<NamedShape>> with_state_shapes(const Graph& graph, std::span<const StateEnds> states,
                                                  std::span<const NamedShape> shapes, size_t max_memory_bytes)
{
    std::vector<NamedShape> all = with_guessed_states(graph, states, shapes);
    if (all.size() == shapes.size())
        return all;
    const Graph part = states_only(graph, states);
    const StateEnds* moving = nullptr;
    Shape moved_to;
    // Each turn settles at least one state of a chain in which the shape of one follows that of another.
    for (size_t turn = 0; turn < states.size() + 2; ++turn)
    {
        FoldingBudget budget(max_memory_bytes != 0 ? max_memory_bytes : default_max_memory_bytes(graph, shapes));
        const Result<Graph> known = with_shapes(part, all, budget);
        if (!known.is_ok())
            return known.status().with_context("states of open shapes, for which " + to_string(all.back().shape) +
                                               " was tried for input '" + printable(all.back().name) + "'");
        moving = nullptr;
        size_t next = shapes.size();
        for (size_t i = 0; i < states.size(); ++i)
        {
            const Value& input = graph.values[graph.inputs[states[i].input]];
            if (!is_open(input))
                continue;
            NamedShape& shape = all[next++];
            const Shape& found = known->values[known->outputs[i]].shape;
            if (found == shape.shape)
                continue;
            if (!may_have(input, found))
                return wrong_state(graph, states[i],
                                   "the input has the shape " + to_string(input.shape) + ", the output " +
                                       to_string(found));
            moving = &states[i];
            moved_to = shape.shape;
            shape.shape = found;
        }
        if (moving == nullptr)
            return all;
    }
    return wrong_state(graph, *moving,
                       "found no shape that both have: for an input of " + to_string(moved_to) +
                           " the output still has another; fix the shape of the input in the graph");
}

Status check_states(const Graph& specialized, std::span<const StateEnds> states)
{
    for (const StateEnds& state : states)
    {
        const Value& output = specialized.values[specialized.outputs[state.output]];
        const Value& input = specialized.values[specialized.inputs[state.input]];
        const bool is_same_type = output.type == input.type || (is_float(output.type) && is_float(input.type));
        if (!is_same_type)
            return wrong_state(specialized, state,
                               std::string("expected the same type, got ") + name(output.type) + " and " +
                                   name(input.type));
        if (output.shape != input.shape)
            return wrong_state(specialized, state,
                               "expected the same shape, got " + to_string(output.shape) + " and " +
                                   to_string(input.shape));
        if (output.constant)
            return wrong_state(specialized, state, "the output is a constant, which does not depend on the inputs");
        if (output.valid)
            return wrong_state(specialized, state,
                               "the number of the output's entries is known only when the network "
                               "runs");
    }
    return {};
}

} // namespace vkseg
