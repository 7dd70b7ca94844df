#pragma once

#include "base/unsupported_list.hpp"
#include "formats/tflite/tensor.hpp"
#include "vkseg/graph.hpp"

#include <map>

namespace vkseg::tflite {

/// Order of the axes of a value. TensorFlow Lite's pictures have their channels last, and the graph's inputs and
/// outputs stay so; inside, pictures have their channels first, which the kernels of convolutions expect. Each tensor
/// of the file gets a value in either order when a node first asks for it, so that transpositions are few.
enum class Form : uint8_t
{
    stored,         ///< the order in the file
    channels_first, ///< N, C, H, W of a tensor N, H, W, C
};

/// Axes of channels first as axes of channels last, and the other way round.
constexpr size_t to_channels_first[] = {0, 3, 1, 2};
constexpr size_t to_channels_last[] = {0, 2, 3, 1};

/// A constant or computed tensor of the file.
struct TensorState
{
    ValueId stored = no_value;
    ValueId channels_first = no_value;
    std::optional<Tensor> constant; ///< f32 constants may be held as f16
};

/// Indices within a pool's windows, which only an unpooling of the same windows understands.
struct PoolIndices
{
    ValueId flat = no_value; ///< the same indices, flat over the pool's input
    Integers kernel;
    Shape input; ///< shape of the pool's input, channels last
};

/// State shared by the nodes of a model while they are translated.
struct Translation
{
    const schema::SubGraph& source;
    const TensorReader& tensors;
    size_t max_copied_bytes = 0; ///< keeps a small file from describing a large network
    UnsupportedList unsupported = {};
    Graph graph = {};
    std::vector<TensorState> states = {};
    std::map<int, PoolIndices> pool_indices = {};
    size_t copied_bytes = 0;
};

/// A node while it is translated: gives inputs and options, and takes the operators that the node becomes. After a
/// failure every function continues with a harmless value, so that translations need no error checks; finish() returns
/// the first failure.
class NodeReader
{
public:
    NodeReader(Translation& translation, const schema::Operator& proto, std::string op_type);

    const std::string& op_type() const { return op_type_; }
    /// Returns null if the node has no options of this kind, which then all have their defaults.
    template <class Options>
    const Options* options() const
    {
        return proto_.builtin_options_as<Options>();
    }
    /// The options of a custom operator as 32-bit integers, which MediaPipe writes; at least `count`.
    std::vector<int32_t> custom_integers(size_t count);

    size_t input_count() const { return inputs_.size(); }
    size_t output_count() const { return outputs_.size(); }
    bool has_input(size_t input) const { return tensor_index(input) >= 0; }
    int tensor_index(size_t input) const { return input < inputs_.size() ? inputs_[input] : -1; }
    int output_index(size_t output) const { return output < outputs_.size() ? outputs_[output] : -1; }
    /// Shape that the file declares, channels last; unknown extents are −1. Empty if the input is missing.
    Shape shape(size_t input) const { return shape_of(tensor_index(input)); }
    Shape output_shape(size_t output = 0) const { return shape_of(output_index(output)); }
    DType output_type(size_t output = 0) const;

    bool is_constant(size_t input) const;
    /// The integers of an input that must be constant; empty after a failure.
    Integers integers(size_t input, const char* what);
    /// The same for a scalar.
    int64_t integer(size_t input, const char* what);

    /// Form in which the node's tensors are at hand: channels first if an input is, and all can be.
    Form form() const;
    /// An input in this form. Inputs of fewer than four axes get leading axes of extent 1 for channels first.
    ValueId value(size_t input, Form form);
    /// An input whose axes are permuted, mostly weights.
    ValueId weights(size_t input, std::span<const size_t> permutation);
    /// An axis of a tensor of this rank, which may count from the end, as an axis of a value in this form.
    int64_t axis_in(Form form, int64_t axis, size_t rank);

    /// Translates an output to `op` of these inputs, and the fused function.
    void emit(Form form, Op op, std::vector<ValueId> inputs,
              schema::ActivationFunctionType activation = schema::ActivationFunctionType::NONE);
    void emit_output(size_t output, Form form, Op op, std::vector<ValueId> inputs);
    /// Translates all outputs to those of `op`.
    void emit_all(Form form, Op op, std::vector<ValueId> inputs);
    /// Adds an operator that computes an intermediate value of the node.
    ValueId append(Op op, std::vector<ValueId> inputs);
    ValueId add_constant(Tensor tensor);
    /// Lets an output be another value of the graph.
    void alias(size_t output, Form form, ValueId id);
    TensorState& state(size_t input) { return translation_.states[size_t(tensor_index(input))]; }
    Translation& translation() { return translation_; }
    void emit_constant(Tensor tensor);

    void invalid(std::string message) { fail(Status(StatusCode::invalid_model, std::move(message))); }
    void unsupported(std::string message) { fail(Status(StatusCode::unsupported, std::move(message))); }
    void fail(Status status);
    Status finish();

    /// "node 'conv1' (CONV_2D)".
    std::string label() const;

private:
    Shape shape_of(int tensor) const;
    std::string name() const;
    void define(size_t output, Form form, ValueId id);

    Translation& translation_;
    const schema::Operator& proto_;
    std::string op_type_;
    std::vector<int> inputs_;
    std::vector<int> outputs_;
    Status status_;
    size_t parts_ = 0;
};

/// The fused function as an operator; null for none. Unknown functions are unsupported.
std::optional<Unary> activation_of(NodeReader& node, schema::ActivationFunctionType activation);

/// The value of a tensor in this form; a Transpose is added if only the other one is at hand.
ValueId value_of(Translation& translation, int tensor, Form form);

/// Real values, rounded to those that a quantised tensor can hold.
ValueId quantized(Graph& graph, const std::string& name, ValueId value, const Quantization& quantization);

} // namespace vkseg::tflite
