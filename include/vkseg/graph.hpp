#pragma once

#include "vkseg/operators.hpp"

#include <map>

/// A network as a graph of operators. load_model() and GraphBuilder make graphs; a graph can also be written by hand:
///
///     Graph graph;
///     const ValueId x = graph.add_input("x", DType::f32, {1, 3, 8, 8});
///     graph.outputs = {graph.add_node("activation", Unary{.kind = UnaryKind::relu}, {x})};
///     const Status status = validate(graph);
namespace vkseg {

/// Index of a value in Graph::values. A missing optional input is `no_value`.
using ValueId = uint32_t;
constexpr ValueId no_value = ~ValueId(0);

/// Number of entries along an axis that hold values, if the device finds it; the extent in the shape is an upper bound.
struct ValidEntries
{
    ValueId count = no_value; ///< i64 [1]
    size_t axis = 0;
    friend bool operator==(const ValidEntries&, const ValidEntries&) = default;
};

/// A tensor of a graph: an input, a constant or the output of a node.
struct Value
{
    std::string name;
    DType type = DType::f32;
    /// Shape as far as the model gives it. Extents of −1, and the whole shape if `has_shape` is false, are inferred
    /// when the network is planned.
    Shape shape;
    bool has_shape = false;
    std::optional<Tensor> constant;
    /// True for an input that a weight file must fill (weights.hpp) before a Session is created.
    bool is_weight = false;
    std::optional<ValidEntries> valid = {}; ///< set when the network is planned
    /// Scales of a constant whose values are integers times a scale: one, or one for each entry of the first axis.
    std::vector<float> scales = {};
};

struct Node
{
    std::string name; ///< Name in messages: from the model file, or that of the first output.
    Op op;
    std::vector<ValueId> inputs;  ///< no_value for a missing optional input
    std::vector<ValueId> outputs; ///< no_value for an unused output
};

/// A network. The nodes are ordered so that every value is computed before it is used.
struct VKSEG_API Graph
{
    std::string name;
    std::vector<Value> values;
    std::vector<Node> nodes;
    std::vector<ValueId> inputs; ///< Values that the caller gives for each run.
    std::vector<ValueId> outputs;
    std::map<std::string, std::string> metadata;

    ValueId add_value(Value value);
    ValueId add_input(std::string name, DType type, Shape shape);
    ValueId add_constant(std::string name, Tensor tensor);
    /// Adds a node with `output_count` new outputs named after it and returns the first output; the others have the ids
    /// after it.
    ValueId add_node(std::string name, Op op, std::vector<ValueId> inputs, size_t output_count = 1);

    std::optional<ValueId> find_value(const std::string& name) const;
    /// Turns an input into a constant. Required for weights and shapes that a network was exported with as inputs.
    Status freeze_input(const std::string& name, Tensor tensor);
};

/// Checks a graph for mistakes of a reader or caller: ids out of range, values computed twice or never, a node before
/// its inputs, a number of inputs that the operator does not accept.
VKSEG_API Status validate(const Graph& graph);

/// Returns the operator's name in messages and tables: "Conv", "MaxPool", "Relu", …
VKSEG_API std::string name(const Op& op);

} // namespace vkseg
