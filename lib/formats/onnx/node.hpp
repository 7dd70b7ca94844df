#pragma once

#include "base/unsupported_list.hpp"
#include "formats/onnx/tensor.hpp"
#include "vkseg/graph.hpp"

#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace vkseg::onnx {

class FunctionCalls;

/// Names and versions in the graph, or the body of a function, whose nodes are translated.
struct Scope
{
    int64_t opset = 0;
    std::unordered_map<std::string_view, ValueId> ids; ///< no_value: an input of a function that its call leaves out
    std::unordered_set<std::string_view> wanted;       ///< names of values that a node or a graph output uses
    std::string path; ///< in messages, begins the names of nodes: the nodes around this graph, "block/loop/"
    // Only in the body of a function:
    std::string place; ///< the calls, which begin the names of nodes and values
    std::unordered_map<std::string_view, const AttributeProto*> attributes; ///< given by the call or a default
    std::vector<const FunctionProto*> calls;                                ///< the functions around the node
};

/// Integers that were computed in floats, exactly. Readers of operators on floats take them from here, instead of
/// converting the integers back.
struct FloatTwin
{
    DType type = DType::i32;       ///< type of the integers
    ValueId floats = no_value;     ///< the same numbers; no_value: only the type is known
    ValueId centred = no_value;    ///< the numbers minus the zero point; no_value: unknown
    ValueId zero_point = no_value; ///< no_value: 0
};

/// State shared by the nodes of a model while they are translated, in an order in which inputs come before their use.
struct Translation
{
    Graph graph;
    Scope scope;
    TensorReader& tensors;
    UnsupportedList& unsupported; ///< shared by the model and its subgraphs
    FunctionCalls& functions;     ///< shared by the model and its subgraphs
    std::unordered_map<ValueId, FloatTwin> float_twins = {};
    /// Constants that were dequantised, by integers, scale, zero point and axis. Subgraphs and functions, which may
    /// have one constant many times, dequantise none.
    std::map<std::array<int64_t, 5>, ValueId> dequantized = {};
    bool is_subgraph = false;
};

/// A node while it is translated: gives inputs and attributes by name, and takes the operators that the node becomes.
/// After a failure every function continues with a harmless value, so that translations need no error checks; finish()
/// returns the first failure.
class NodeReader
{
public:
    NodeReader(Translation& translation, const NodeProto& proto, std::vector<ValueId> inputs)
        : translation_(translation), proto_(proto), inputs_(std::move(inputs)), is_read_(proto.attributes.size())
    {}

    int64_t opset() const { return translation_.scope.opset; }
    std::string_view op_type() const { return proto_.op_type; }

    const std::vector<ValueId>& inputs() const { return inputs_; }
    /// Returns no_value for a missing optional input.
    ValueId input(size_t index) const { return index < inputs_.size() ? inputs_[index] : no_value; }
    bool has_input(size_t index) const { return input(index) != no_value; }
    /// Returns the input's value if it is a constant of the file, otherwise null.
    const Tensor* constant(size_t index) const;
    /// Returns the value with its type and shape as far as the file gives them.
    const Value& value(ValueId id) const { return translation_.graph.values[id]; }
    /// True if the value is an input of the model, whose type is known; those of subgraphs are not.
    bool is_graph_input(ValueId id) const;
    /// Returns the floats that the integers of a value were computed as, or null.
    const FloatTwin* float_twin(ValueId id) const;
    size_t output_count() const { return proto_.outputs.size(); }
    /// True if a node or a graph output uses the output.
    bool is_wanted(size_t output) const;

    bool has(std::string_view attribute) const;
    int64_t integer(std::string_view attribute, int64_t fallback);
    int64_t required_integer(std::string_view attribute);
    bool flag(std::string_view attribute, bool fallback);
    float real(std::string_view attribute, float fallback);
    Integers integers(std::string_view attribute);
    Integers required_integers(std::string_view attribute);
    std::vector<float> reals(std::string_view attribute);
    std::string_view text(std::string_view attribute, std::string_view fallback);
    std::vector<std::string_view> texts(std::string_view attribute);
    std::optional<Tensor> tensor(std::string_view attribute);
    /// The graphs of these attributes. Each takes its own inputs, then the captured values; constants that it captures
    /// become constants of its own.
    struct Subgraphs
    {
        std::vector<std::shared_ptr<const Graph>> graphs; ///< one for each attribute, unless there was a failure
        std::vector<ValueId> captured;
    };
    Subgraphs subgraphs(std::initializer_list<std::string_view> attributes);
    /// Accepts an attribute that has no effect on inference.
    void ignore(std::string_view attribute) { find(attribute, AttributeType::undefined); }

    /// Returns the enumerator named by a text attribute; the first choice is the default.
    template <class Enum, size_t n>
    Enum choice(std::string_view attribute, const std::array<std::pair<std::string_view, Enum>, n>& choices)
    {
        const std::string_view chosen = text(attribute, choices.front().first);
        for (const auto& [name, value] : choices)
        {
            if (name == chosen)
                return value;
        }
        refuse_value(attribute, chosen);
        return choices.front().second;
    }

    /// Translates the node to `op` of these inputs; all outputs are the operator's.
    void emit(Op op, std::vector<ValueId> inputs);
    void emit(Op op) { emit(std::move(op), inputs_); }
    /// Translates one output of the node to `op` of these inputs.
    ValueId emit_output(size_t index, Op op, std::vector<ValueId> inputs);
    /// Lets one output of the node be a value that append() or add_constant() added, which takes the output's name.
    void emit_value(size_t index, ValueId id);
    /// Translates one output of the node to the integers of `twin`.
    ValueId emit_integers(size_t index, const FloatTwin& twin);
    /// Translates the first output to `op` of these inputs; use of another output is unsupported.
    void emit_first_output(Op op, std::vector<ValueId> inputs);
    /// Notes the type of a value that is an output of this node.
    void note_type(ValueId id, DType type);
    /// Adds an operator that computes intermediate values of the node, whose ids follow each other. Returns the first.
    ValueId append(Op op, std::vector<ValueId> inputs, size_t outputs = 1);
    /// Adds a constant that the file does not hold.
    ValueId add_constant(Tensor tensor);
    /// Notes that a constant's values are bytes times these scales (Value::scales).
    void note_scales(ValueId id, std::vector<float> scales);
    /// Translates the node's output to a constant.
    void emit_constant(Tensor tensor);

    void invalid(std::string message) { fail(Status(StatusCode::invalid_model, std::move(message))); }
    void unsupported(std::string message) { fail(Status(StatusCode::unsupported, std::move(message))); }
    void fail(Status status);
    /// Returns the first failure. Attributes that were not read are failures: they are not known.
    Status finish();

    Translation& translation() { return translation_; }

    /// Name of a node in messages: "node 'conv1' (Conv)"; `path` begins it.
    static std::string label(const NodeProto& proto, const std::string& path = {});
    /// Beginning of names in the node's subgraph or function: "conv1/". Long names are cut.
    static std::string place_inside(const NodeProto& proto);

private:
    const AttributeProto* find(std::string_view attribute, AttributeType type);
    void refuse_value(std::string_view attribute, std::string_view value);
    std::string name() const;
    ValueId add_output(std::string_view output);

    Translation& translation_;
    const NodeProto& proto_;
    std::vector<ValueId> inputs_;
    std::vector<bool> is_read_;
    Status status_;
    size_t parts_ = 0;
};

} // namespace vkseg::onnx
