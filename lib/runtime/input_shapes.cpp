#include "runtime/input_shapes.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/empty_tensors.hpp"

#include <unordered_map>
#include <unordered_set>

namespace vkseg {
namespace {

using ShapesByName = std::unordered_map<std::string_view, Shape>;

ShapesByName by_name(std::span<const NamedShape> shapes)
{
    ShapesByName result;
    for (const NamedShape& shape : shapes)
        result.emplace(shape.name, shape.shape); // keeps the first of equal names
    return result;
}

/// The shape that the caller gave for an input, checked against the graph's own; the latter if none was given.
Result<Shape> input_shape(const Value& input, const ShapesByName& shapes)
{
    const auto given = shapes.find(input.name);
    const Shape shape = given != shapes.end() ? given->second : input.shape;
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
        // A 0 must not hide the overflow of the others.
        if (shape[axis] > 0 && (multiply_overflows(elements, shape[axis], elements) || elements > INT32_MAX))
            return Status(StatusCode::invalid_argument,
                          "input '" + input.name + "': " + to_string(shape) + " has more than 2147483647 values");
    }
    return shape;
}

} // namespace

Status check_input_shapes(const Graph& graph, std::span<const NamedShape> shapes)
{
    std::unordered_set<std::string_view> names;
    for (const ValueId id : graph.inputs)
        names.insert(graph.values[id].name);
    for (const NamedShape& shape : shapes)
    {
        if (!names.contains(shape.name))
            return Status(StatusCode::invalid_argument, "the network has no input '" + shape.name + "'");
    }
    const ShapesByName given = by_name(shapes);
    for (const ValueId id : graph.inputs)
        VKSEG_TRY(input_shape(graph.values[id], given).status());
    return {};
}

Status set_input_shapes(Graph& graph, std::span<const NamedShape> shapes)
{
    VKSEG_TRY(check_input_shapes(graph, shapes));
    const ShapesByName given = by_name(shapes);
    for (const ValueId id : graph.inputs)
    {
        Value& value = graph.values[id];
        VKSEG_ASSIGN(value.shape, input_shape(value, given));
        value.has_shape = true;
        if (is_empty(value.shape))
            value.constant = empty_tensor({.type = value.type, .shape = value.shape});
    }
    return {};
}

} // namespace vkseg
