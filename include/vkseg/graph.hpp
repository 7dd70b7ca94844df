#pragma once

#include "vkseg/operators.hpp"

#include <map>

namespace vkseg {

/// Index of a value in Graph::values. A missing optional input is `no_value`.
using ValueId = uint32_t;
constexpr ValueId no_value = ~ValueId(0);

/// One tensor that flows through a graph: an input, a constant, or what a node computes.
struct Value
{
    std::string name;
    DType type = DType::f32;
    /// As far as the model says; extents of −1 and `has_shape == false` are found when the network is planned.
    Shape shape;
    bool has_shape = false;
    std::optional<Tensor> constant;
    /// An input that a file of weights is to fill (weights.hpp) before a Session is made.
    bool is_weight = false;
};

struct Node
{
    std::string name; ///< As in the model file, or the name of its first output: what messages call it.
    Op op;
    std::vector<ValueId> inputs;  ///< no_value where an optional input is missing
    std::vector<ValueId> outputs; ///< no_value where an output is not wanted
};

/// A network: nodes in an order in which every input is computed before it is used.
struct VKSEG_API Graph
{
    std::string name;
    std::vector<Value> values;
    std::vector<Node> nodes;
    std::vector<ValueId> inputs; ///< Fed at each run.
    std::vector<ValueId> outputs;
    std::map<std::string, std::string> metadata;

    ValueId add_value(Value value);
    ValueId add_input(std::string name, DType type, Shape shape);
    ValueId add_constant(std::string name, Tensor tensor);
    /// Adds a node with `output_count` new outputs named after it and returns the first; the rest follow consecutively.
    ValueId add_node(std::string name, Op op, std::vector<ValueId> inputs, size_t output_count = 1);

    std::optional<ValueId> find_value(const std::string& name) const;
    /// Turns an input into a constant, as weights and shapes must be: a network exported with its weights as inputs.
    Status freeze_input(const std::string& name, Tensor tensor);
};

/// Checks what a reader or a caller may have got wrong: ids out of range, values computed twice or never, a node before
/// its inputs, counts of inputs that the operator does not take.
VKSEG_API Status validate(const Graph& graph);

/// The operator's name in messages and tables: "Conv", "MaxPool", "Relu", …
VKSEG_API std::string name(const Op& op);

} // namespace vkseg
