#include "runtime/specialize.hpp"

#include "base/try.hpp"
#include "ops/shape_of.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>

namespace vkseg {
namespace {

std::string describe(const Node& node)
{
    return "node '" + node.name + "' (" + name(node.op) + ")";
}

/// The shape that the caller gave for an input, or the graph's own, held against each other.
Result<Shape> input_shape(const Value& input, std::span<const NamedShape> shapes)
{
    const auto given =
        std::find_if(shapes.begin(), shapes.end(), [&](const NamedShape& s) { return s.name == input.name; });
    const Shape shape = given != shapes.end() ? given->shape : input.shape;
    const Status does_not_fit(StatusCode::invalid_argument, "input '" + input.name + "': expected shape " +
                                                                to_string(input.shape) + ", got " + to_string(shape));
    if (!shape.is_known())
        return Status(StatusCode::invalid_argument,
                      "input '" + input.name + "' has the open shape " + to_string(shape) + ": give it a shape");
    if (input.has_shape && input.shape.rank() != shape.rank())
        return does_not_fit;
    int64_t elements = 1;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        if (input.has_shape && input.shape[axis] >= 0 && input.shape[axis] != shape[axis])
            return does_not_fit;
        if (shape[axis] == 0)
            return Status(StatusCode::invalid_argument, "input '" + input.name + "': extent 0 in " + to_string(shape));
        if (__builtin_mul_overflow(elements, shape[axis], &elements) || elements > INT32_MAX)
            return Status(StatusCode::invalid_argument,
                          "input '" + input.name + "': " + to_string(shape) + " has more than 2147483647 values");
    }
    return shape;
}

std::vector<TensorInfo> input_infos(const Graph& graph, const Node& node)
{
    std::vector<TensorInfo> infos;
    for (const ValueId id : node.inputs)
    {
        if (id == no_value)
        {
            infos.push_back({.is_present = false});
            continue;
        }
        const Value& value = graph.values[id];
        infos.push_back(
            {.type = value.type, .shape = value.shape, .constant = value.constant ? &*value.constant : nullptr});
    }
    return infos;
}

bool are_all_constant(std::span<const TensorInfo> infos)
{
    return std::all_of(infos.begin(), infos.end(),
                       [](const TensorInfo& info) { return !info.is_present || info.constant != nullptr; });
}

/// The constants that a node yields when it can be computed now; empty when it must wait for the device.
Result<std::vector<Tensor>> fold(const Node& node, std::span<const TensorInfo> infos, const Outputs& outputs)
{
    if (const auto* shape_of = std::get_if<ShapeOf>(&node.op))
        return std::vector<Tensor>{shape_values(*shape_of, infos[0].shape)};
    if (!reference::is_foldable(node.op) || !are_all_constant(infos))
        return std::vector<Tensor>();
    // Weights are read as floats whatever their type is, so a cast between types of floats would only copy them.
    if (const auto* cast = std::get_if<Cast>(&node.op); cast && is_float(cast->to) && is_float(infos[0].type))
        return std::vector<Tensor>{*infos[0].constant};
    std::vector<const Tensor*> constants;
    for (const TensorInfo& info : infos)
        constants.push_back(info.constant);
    return reference::fold(node.op, {.inputs = constants, .outputs = outputs});
}

/// Sets an output's shape and type, or folds it into a constant.
Status specialize_node(Graph& graph, Node& node)
{
    const std::vector<TensorInfo> infos = input_infos(graph, node);
    VKSEG_TRY(resolve(node.op, infos));
    VKSEG_ASSIGN(const Outputs outputs, infer(node.op, infos));
    VKSEG_ASSIGN(const std::vector<Tensor> folded, fold(node, infos, outputs));
    for (size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i)
    {
        if (node.outputs[i] == no_value)
            continue;
        Value& value = graph.values[node.outputs[i]];
        value.type = outputs[i].type;
        value.shape = outputs[i].shape;
        value.has_shape = true;
        if (!folded.empty())
            value.constant = folded[i];
        else if (std::find(value.shape.begin(), value.shape.end(), 0) != value.shape.end())
            return Status(StatusCode::invalid_model, "its output " + to_string(value.shape) + " is empty");
    }
    return {};
}

} // namespace

void remove_unused_nodes(Graph& graph)
{
    std::vector<bool> is_used(graph.values.size());
    for (const ValueId id : graph.outputs)
        is_used[id] = true;
    std::vector<Node> kept;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    {
        const bool is_needed =
            std::any_of(node->outputs.begin(), node->outputs.end(),
                        [&](ValueId id) { return id != no_value && is_used[id] && !graph.values[id].constant; });
        if (!is_needed)
            continue;
        for (const ValueId id : node->inputs)
        {
            if (id != no_value)
                is_used[id] = true;
        }
        for (ValueId& id : node->outputs)
        {
            if (id != no_value && !is_used[id])
                id = no_value;
        }
        kept.push_back(std::move(*node));
    }
    std::reverse(kept.begin(), kept.end());
    graph.nodes = std::move(kept);
}

std::vector<TensorInfo> infos_of(const Graph& graph, const Node& node)
{
    return input_infos(graph, node);
}

Status check_input_shapes(const Graph& graph, std::span<const NamedShape> shapes)
{
    for (const NamedShape& shape : shapes)
    {
        if (std::none_of(graph.inputs.begin(), graph.inputs.end(),
                         [&](ValueId id) { return graph.values[id].name == shape.name; }))
            return Status(StatusCode::invalid_argument, "the network has no input '" + shape.name + "'");
    }
    for (const ValueId id : graph.inputs)
        VKSEG_TRY(input_shape(graph.values[id], shapes).status());
    return {};
}

Result<Graph> with_shapes(const Graph& graph, std::span<const NamedShape> shapes)
{
    VKSEG_TRY(check_input_shapes(graph, shapes));
    Graph result = graph;
    for (const ValueId id : graph.inputs)
    {
        Value& value = result.values[id];
        VKSEG_ASSIGN(value.shape, input_shape(value, shapes));
        value.has_shape = true;
    }
    for (Node& node : result.nodes)
    {
        if (Status status = specialize_node(result, node); !status.is_ok())
            return status.with_context(describe(node));
    }
    remove_unused_nodes(result);
    return result;
}

Result<Graph> specialize(const Graph& graph, std::span<const NamedShape> shapes, bool fuse)
{
    VKSEG_TRY(validate(graph));
    VKSEG_ASSIGN(Graph result, with_shapes(graph, shapes));
    rewrite(result, fuse);
    return result;
}

} // namespace vkseg
