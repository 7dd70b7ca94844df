#pragma once

#include "model/onnx_tensor.hpp"
#include "vkseg/graph.hpp"

#include <array>
#include <unordered_map>
#include <unordered_set>

namespace vkseg::onnx {

/// What the nodes of a model share while they are translated, in an order in which inputs come before their use.
struct Translation
{
    Graph graph;
    int64_t opset = 0;
    TensorReader tensors;
    std::unordered_map<std::string_view, ValueId> ids;
    std::unordered_set<std::string_view> wanted; ///< names that some node or the graph's outputs ask for
};

/// One node while it is translated: gives inputs and attributes by name, takes the operators that it becomes.
/// The first failure stays and finish() tells it; until then every function goes on with a harmless value, so that
/// translations read as a list of what they need.
class NodeReader
{
public:
    NodeReader(Translation& translation, const NodeProto& proto, std::vector<ValueId> inputs)
        : translation_(translation), proto_(proto), inputs_(std::move(inputs)), is_read_(proto.attributes.size())
    {}

    int64_t opset() const { return translation_.opset; }
    std::string_view op_type() const { return proto_.op_type; }

    const std::vector<ValueId>& inputs() const { return inputs_; }
    /// no_value where an optional input is missing.
    ValueId input(size_t index) const { return index < inputs_.size() ? inputs_[index] : no_value; }
    bool has_input(size_t index) const { return input(index) != no_value; }
    /// The input's value if it is a constant of the file, else null.
    const Tensor* constant(size_t index) const;
    size_t output_count() const { return proto_.outputs.size(); }
    /// Whether anyone asks for the output.
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
    std::optional<Tensor> tensor(std::string_view attribute);
    /// Accepts an attribute that has no effect on inference.
    void ignore(std::string_view attribute) { find(attribute, AttributeType::undefined); }

    /// The enumerator that a text attribute names; the first choice is the default.
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

    /// The node is `op` of these inputs, and its outputs are the operator's.
    void emit(Op op, std::vector<ValueId> inputs);
    void emit(Op op) { emit(std::move(op), inputs_); }
    /// One output of the node is `op` of these inputs.
    void emit_output(size_t index, Op op, std::vector<ValueId> inputs);
    /// The first output is `op` of these inputs, and asking for another is unsupported.
    void emit_first_output(Op op, std::vector<ValueId> inputs);
    /// A part of the node: gives a value between.
    ValueId append(Op op, std::vector<ValueId> inputs);
    /// A constant of the translation's own.
    ValueId add_constant(Tensor tensor);
    /// The node's output is a constant.
    void emit_constant(Tensor tensor);

    void invalid(std::string message) { fail(Status(StatusCode::invalid_model, std::move(message))); }
    void unsupported(std::string message) { fail(Status(StatusCode::unsupported, std::move(message))); }
    void fail(Status status);
    /// The first failure; and that an attribute which nobody read is not known.
    Status finish();

    /// "node 'conv1' (Conv)"
    static std::string label(const NodeProto& proto);

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
