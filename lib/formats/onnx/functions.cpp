#include "formats/onnx/functions.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/onnx/operators.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

/// Limits on what a file's calls become: a node takes a few hundred bytes, and so do some values of an attribute.
constexpr size_t max_cost = size_t(1) << 17;

std::string key_of(std::string_view domain, std::string_view name, std::string_view overload)
{
    std::string key;
    for (const std::string_view part : {is_default_domain(domain) ? std::string_view() : domain, name, overload})
        key.append(part).push_back('\0');
    return key;
}

/// Number of nodes, each with its attributes' values.
size_t cost_of(const GraphProto& graph)
{
    constexpr size_t values_of_a_node = 64;
    size_t values = 0;
    const auto add_tensor = [&](const TensorProto& tensor)
    { values += tensor.floats.size() + tensor.doubles.size() + tensor.integers.size(); };
    size_t cost = 1 + graph.nodes.size();
    std::ranges::for_each(graph.initializers, add_tensor);
    for (const NodeProto& node : graph.nodes)
    {
        values += node.inputs.size() + node.outputs.size();
        for (const AttributeProto& attribute : node.attributes)
        {
            values += attribute.integers.size() + attribute.reals.size();
            std::ranges::for_each(attribute.tensors, add_tensor);
            for (const GraphProto& subgraph : attribute.graphs)
                cost += cost_of(subgraph);
        }
    }
    return cost + values / values_of_a_node;
}

std::string quoted_function(const FunctionProto& function)
{
    return "function '" + printable(function.name) + "'";
}

Status check_calls(const FunctionProto& function, const std::vector<const FunctionProto*>& calls)
{
    if (std::ranges::find(calls, &function) != calls.end())
    {
        std::string circle;
        for (auto call = std::ranges::find(calls, &function); call != calls.end(); ++call)
            circle += printable((*call)->name) + " → ";
        return invalid("functions call each other in a circle: " + circle + printable(function.name));
    }
    if (calls.size() < max_subgraph_depth)
        return {};
    return invalid("more than " + std::to_string(max_subgraph_depth) + " functions call one another");
}

Status check_attributes(const FunctionProto& function, const NodeProto& call)
{
    const auto is_declared = [&](const AttributeProto& attribute)
    {
        const auto has_name = [&](const AttributeProto& other) { return other.name == attribute.name; };
        return std::ranges::find(function.attributes, attribute.name) != function.attributes.end() ||
               std::ranges::any_of(function.defaults, has_name);
    };
    const auto undeclared = std::ranges::find_if_not(call.attributes, is_declared);
    if (undeclared == call.attributes.end())
        return {};
    return invalid(quoted_function(function) + " has no attribute '" + printable(undeclared->name) + "'");
}

} // namespace

Status FunctionCalls::add(const std::vector<FunctionProto>& functions)
{
    for (const FunctionProto& function : functions)
    {
        if (function.name.empty())
            return invalid("a function has no name");
        if (!functions_.emplace(key_of(function.domain, function.name, function.overload), &function).second)
            return invalid(quoted_function(function) + " is defined twice");
    }
    return {};
}

const FunctionProto* FunctionCalls::find(const NodeProto& node) const
{
    if (functions_.empty())
        return nullptr;
    const auto found = functions_.find(key_of(node.domain, node.op_type, node.overload));
    return found == functions_.end() ? nullptr : found->second;
}

Result<Scope> FunctionCalls::enter(const FunctionProto& function, const NodeProto& call,
                                   const std::vector<ValueId>& inputs, const Scope& caller)
{
    VKSEG_TRY(check_calls(function, caller.calls));
    VKSEG_TRY(check_attributes(function, call));
    const GraphProto& body = function.body;
    std::string wrong = wrong_count(inputs.size(), 0, body.inputs.size(), "input");
    if (wrong.empty())
        wrong = wrong_count(call.outputs.size(), 0, body.outputs.size(), "output");
    if (!wrong.empty())
        return invalid(quoted_function(function) + ": " + wrong);
    cost_ += cost_of(body);
    if (cost_ > max_cost)
        return invalid("the calls of functions become more than " + std::to_string(max_cost) + " nodes");
    Scope scope;
    scope.opset = caller.opset;
    scope.calls = caller.calls;
    scope.calls.push_back(&function);
    scope.path = caller.path + NodeReader::place_inside(call);
    scope.place = caller.place + NodeReader::place_inside(call);
    for (size_t i = 0; i < body.inputs.size(); ++i)
        scope.ids.emplace(body.inputs[i].name, i < inputs.size() ? inputs[i] : no_value);
    for (const AttributeProto& attribute : function.defaults)
        scope.attributes[attribute.name] = &attribute;
    for (const AttributeProto& attribute : call.attributes)
        scope.attributes[attribute.name] = &attribute;
    return scope;
}

bool refers_to_attributes(const NodeProto& node)
{
    return std::ranges::any_of(node.attributes,
                               [](const AttributeProto& attribute) { return !attribute.reference.empty(); });
}

Result<NodeProto> with_attributes(const NodeProto& node, const Scope& scope)
{
    NodeProto bound = node;
    bound.attributes.clear();
    for (const AttributeProto& attribute : node.attributes)
    {
        if (attribute.reference.empty())
        {
            bound.attributes.push_back(attribute);
            continue;
        }
        if (scope.calls.empty())
            return invalid("attribute '" + printable(attribute.name) +
                           "' refers to one of a function, but the node "
                           "is not in a function");
        const auto found = scope.attributes.find(attribute.reference);
        if (found == scope.attributes.end())
            continue;
        bound.attributes.push_back(*found->second);
        bound.attributes.back().name = attribute.name;
    }
    return bound;
}

} // namespace vkseg::onnx
