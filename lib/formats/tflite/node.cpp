#include "formats/tflite/node.hpp"

#include "base/text.hpp"
#include "formats/checked_shape.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace vkseg::tflite {
namespace {

using schema::ActivationFunctionType;

std::vector<int> indices_in(const flatbuffers::Vector<int32_t>* list)
{
    return list == nullptr ? std::vector<int>() : std::vector<int>(list->begin(), list->end());
}

std::string name_of(const Translation& translation, int tensor)
{
    const std::string_view name = text_of(translation.source.tensors()->Get(flatbuffers::uoffset_t(tensor))->name());
    return name.empty() ? "tensor " + std::to_string(tensor) : printable(name);
}

/// Counts bytes of constants that do not lie in the file; false if they are far more than the file has.
bool may_copy(Translation& translation, const Tensor& tensor)
{
    translation.copied_bytes += tensor.bytes().size();
    return translation.copied_bytes <= translation.max_copied_bytes;
}

/// An f16 constant as f32; others as they are.
Tensor in_full_precision(Translation& translation, const Tensor& tensor)
{
    if (tensor.type() != DType::f16 || !may_copy(translation, tensor))
        return tensor;
    return Tensor::from(tensor.shape(), tensor.to_floats());
}

/// A copy with permuted axes; the tensor itself if there are too many copies, which NodeReader::finish() refuses.
Tensor reordered(Translation& translation, const Tensor& tensor, std::span<const size_t> permutation)
{
    return may_copy(translation, tensor) ? permuted(tensor, permutation) : tensor;
}

} // namespace

std::optional<Unary> activation_of(NodeReader& node, ActivationFunctionType activation)
{
    switch (activation)
    {
    case ActivationFunctionType::NONE:
        return std::nullopt;
    case ActivationFunctionType::RELU:
        return Unary{.kind = UnaryKind::relu};
    case ActivationFunctionType::RELU_N1_TO_1:
        return Unary{.kind = UnaryKind::clip, .a = -1, .b = 1};
    case ActivationFunctionType::RELU6:
        return Unary{.kind = UnaryKind::clip, .a = 0, .b = 6};
    case ActivationFunctionType::TANH:
        return Unary{.kind = UnaryKind::tanh};
    default:
        node.unsupported("fused activation " + std::to_string(int(activation)) + " is not supported");
        return std::nullopt;
    }
}

ValueId value_of(Translation& translation, int tensor, Form form)
{
    TensorState& state = translation.states[size_t(tensor)];
    ValueId& wanted = form == Form::stored ? state.stored : state.channels_first;
    if (wanted != no_value)
        return wanted;
    const std::string name = name_of(translation, tensor);
    if (state.constant)
    {
        const Tensor& constant = *state.constant;
        if (form == Form::stored)
            wanted = translation.graph.add_constant(name, in_full_precision(translation, constant));
        else
            wanted = translation.graph.add_constant(
                name, reordered(translation, in_full_precision(translation, constant), to_channels_first));
        return wanted;
    }
    const bool is_first = form == Form::channels_first;
    const auto& order = is_first ? to_channels_first : to_channels_last;
    const ValueId other = is_first ? state.stored : state.channels_first;
    wanted =
        translation.graph.add_node(is_first ? name + " (channels first)" : name,
                                   Transpose{.permutation = Integers(std::begin(order), std::end(order))}, {other});
    return wanted;
}

ValueId quantized(Graph& graph, const std::string& name, ValueId value, const Quantization& quantization)
{
    const auto scalar = [&](float number) { return graph.add_constant(name, Tensor::from(Shape{}, {number})); };
    const auto add = [&](Op op, std::vector<ValueId> inputs)
    { return graph.add_node(name, std::move(op), std::move(inputs)); };
    // A product with the scale's inverse, which is rounded itself, could give another integer.
    const ValueId steps = add(Binary{.kind = BinaryKind::div}, {value, scalar(quantization.scale)});
    const ValueId rounded = add(Unary{.kind = UnaryKind::round}, {steps});
    const ValueId clipped = add(Unary{.kind = UnaryKind::clip,
                                      .a = float(quantization.min - quantization.zero_point),
                                      .b = float(quantization.max - quantization.zero_point)},
                                {rounded});
    return add(Binary{.kind = BinaryKind::mul}, {clipped, scalar(quantization.scale)});
}

NodeReader::NodeReader(Translation& translation, const schema::Operator& proto, std::string op_type)
    : translation_(translation)
    , proto_(proto)
    , op_type_(std::move(op_type))
    , inputs_(indices_in(proto.inputs()))
    , outputs_(indices_in(proto.outputs()))
{
    while (!inputs_.empty() && inputs_.back() < 0)
        inputs_.pop_back();
}

std::string NodeReader::name() const
{
    return outputs_.empty() ? op_type_ : name_of(translation_, outputs_.front());
}

std::string NodeReader::label() const
{
    return "node '" + name() + "' (" + printable(op_type_) + ")";
}

std::vector<int32_t> NodeReader::custom_integers(size_t count)
{
    const auto* const bytes = proto_.custom_options();
    std::vector<int32_t> integers(bytes == nullptr ? 0 : bytes->size() / sizeof(int32_t));
    if (!integers.empty())
        std::memcpy(integers.data(), bytes->data(), integers.size() * sizeof(int32_t));
    if (integers.size() < count)
    {
        invalid("expected " + std::to_string(count * sizeof(int32_t)) + " bytes of options, got " +
                std::to_string(integers.size() * sizeof(int32_t)));
        integers.resize(count, 1);
    }
    return integers;
}

Shape NodeReader::shape_of(int tensor) const
{
    if (tensor < 0)
        return {};
    const Result<Shape> shape = declared_shape(*translation_.source.tensors()->Get(flatbuffers::uoffset_t(tensor)));
    return shape.is_ok() ? *shape : Shape(); // refused when the graph was begun
}

DType NodeReader::output_type(size_t output) const
{
    const int tensor = output_index(output);
    if (tensor < 0)
        return DType::f32;
    const Result<DType> type = data_type(*translation_.source.tensors()->Get(flatbuffers::uoffset_t(tensor)));
    return type.is_ok() ? *type : DType::f32;
}

bool NodeReader::is_constant(size_t input) const
{
    return has_input(input) && translation_.states[size_t(inputs_[input])].constant.has_value();
}

Integers NodeReader::integers(size_t input, const char* what)
{
    if (!is_constant(input))
    {
        unsupported(std::string("input '") + what + "' must be a constant");
        return {};
    }
    const Tensor& tensor = *translation_.states[size_t(inputs_[input])].constant;
    if (is_float(tensor.type()))
    {
        invalid(std::string("input '") + what + "' must hold integers, got " + vkseg::name(tensor.type()));
        return {};
    }
    return tensor.to_integers();
}

int64_t NodeReader::integer(size_t input, const char* what)
{
    const Integers values = integers(input, what);
    if (values.size() == 1)
        return values.front();
    if (status_.is_ok())
        invalid(std::string("input '") + what + "' must hold one integer, got " + std::to_string(values.size()));
    return 0;
}

Form NodeReader::form() const
{
    bool is_at_hand = false;
    for (size_t i = 0; i < inputs_.size(); ++i)
    {
        if (!has_input(i))
            continue;
        const auto& source = *translation_.source.tensors()->Get(flatbuffers::uoffset_t(inputs_[i]));
        const TensorState& input = translation_.states[size_t(inputs_[i])];
        const size_t rank = input.constant ? input.constant->shape().rank() : shape(i).rank();
        if (rank > 4 || (!input.constant && !has_rank(source)))
            return Form::stored;
        is_at_hand = is_at_hand || (rank == 4 && input.channels_first != no_value && !input.constant);
    }
    return is_at_hand ? Form::channels_first : Form::stored;
}

ValueId NodeReader::value(size_t input, Form form)
{
    if (!has_input(input))
        return no_value;
    const int tensor = inputs_[input];
    const TensorState& input_state = translation_.states[size_t(tensor)];
    const size_t rank = input_state.constant ? input_state.constant->shape().rank() : shape(input).rank();
    if (form == Form::stored || rank == 4)
        return value_of(translation_, tensor, form);
    if (rank > 4)
    {
        invalid("expected a tensor of up to 4 axes, got " + std::to_string(rank));
        return value_of(translation_, tensor, Form::stored);
    }
    if (input_state.constant)
    {
        const Tensor full = in_full_precision(translation_, *input_state.constant);
        Shape shape;
        for (size_t axis = rank; axis < 4; ++axis)
            shape.append(1);
        for (const int64_t extent : full.shape())
            shape.append(extent);
        return add_constant(reordered(translation_, full.reshaped(shape), to_channels_first));
    }
    Reshape op = {.kind = ReshapeKind::unsqueeze};
    for (size_t axis = rank; axis < 4; ++axis)
        op.axes.push_back(int64_t(axis - rank));
    const ValueId reshaped = append(std::move(op), {value_of(translation_, tensor, Form::stored)});
    return append(Transpose{.permutation = Integers(std::begin(to_channels_first), std::end(to_channels_first))},
                  {reshaped});
}

ValueId NodeReader::weights(size_t input, std::span<const size_t> permutation)
{
    if (!has_input(input))
        return no_value;
    const TensorState& input_state = translation_.states[size_t(inputs_[input])];
    if (!input_state.constant)
    {
        const ValueId stored = value_of(translation_, inputs_[input], Form::stored);
        return append(Transpose{.permutation = Integers(permutation.begin(), permutation.end())}, {stored});
    }
    if (input_state.constant->shape().rank() != permutation.size())
    {
        invalid("input " + std::to_string(input) + " must have " + std::to_string(permutation.size()) + " axes, got " +
                to_string(input_state.constant->shape()));
        return value_of(translation_, inputs_[input], Form::stored);
    }
    const ValueId id = add_constant(reordered(translation_, *input_state.constant, permutation));
    const schema::Tensor& source = *translation_.source.tensors()->Get(flatbuffers::uoffset_t(inputs_[input]));
    if (is_quantized(source))
        translation_.graph.values[id].scales.assign(source.quantization()->scale()->begin(),
                                                    source.quantization()->scale()->end());
    return id;
}

int64_t NodeReader::axis_in(Form form, int64_t axis, size_t rank)
{
    const int64_t from_front = axis < 0 ? axis + int64_t(rank) : axis;
    if (from_front < 0 || from_front >= int64_t(rank))
    {
        invalid("there is no axis " + std::to_string(axis) + " in a tensor of " + counted(rank, "axis"));
        return 0;
    }
    if (form == Form::stored || rank != 4)
        return from_front;
    constexpr int64_t places[] = {0, 2, 3, 1};
    return places[from_front];
}

void NodeReader::define(size_t output, Form form, ValueId id)
{
    const int tensor = output_index(output);
    if (tensor < 0)
        return;
    const auto& source = *translation_.source.tensors()->Get(flatbuffers::uoffset_t(tensor));
    if (is_quantized(source))
    {
        const Result<Quantization> quantization = quantization_of(source);
        if (quantization.is_ok())
            id = quantized(translation_.graph, name_of(translation_, tensor), id, *quantization);
        else
            fail(quantization.status());
    }
    alias(output, form, id);
}

void NodeReader::alias(size_t output, Form form, ValueId id)
{
    const int tensor = output_index(output);
    if (tensor < 0)
        return;
    TensorState& result = translation_.states[size_t(tensor)];
    (form == Form::stored ? result.stored : result.channels_first) = id;
}

void NodeReader::emit_output(size_t output, Form form, Op op, std::vector<ValueId> inputs)
{
    if (output_index(output) < 0)
        return;
    define(output, form,
           translation_.graph.add_node(name_of(translation_, output_index(output)), std::move(op), std::move(inputs)));
}

void NodeReader::emit(Form form, Op op, std::vector<ValueId> inputs, ActivationFunctionType activation)
{
    const std::optional<Unary> function = activation_of(*this, activation);
    if (!function)
        emit_output(0, form, std::move(op), std::move(inputs));
    else
        emit_output(0, form, *function, {append(std::move(op), std::move(inputs))});
}

void NodeReader::emit_all(Form form, Op op, std::vector<ValueId> inputs)
{
    const ValueId first = translation_.graph.add_node(name(), std::move(op), std::move(inputs), outputs_.size());
    for (size_t output = 0; output < outputs_.size(); ++output)
        define(output, form, first + ValueId(output));
}

ValueId NodeReader::append(Op op, std::vector<ValueId> inputs)
{
    return translation_.graph.add_node(name() + ".part" + std::to_string(parts_++), std::move(op), std::move(inputs));
}

ValueId NodeReader::add_constant(Tensor tensor)
{
    return translation_.graph.add_constant(name() + ".part" + std::to_string(parts_++), std::move(tensor));
}

void NodeReader::emit_constant(Tensor tensor)
{
    if (output_index(0) >= 0)
        translation_.states[size_t(output_index(0))].constant = std::move(tensor);
}

void NodeReader::fail(Status status)
{
    add_failure(status_, std::move(status));
}

Status NodeReader::finish()
{
    if (translation_.copied_bytes > translation_.max_copied_bytes)
        invalid("the constants that nodes read are far larger than the file: many tensors share the same bytes");
    // Even after a failure, later nodes must find the outputs of this node.
    for (size_t output = 0; output < outputs_.size(); ++output)
    {
        const int tensor = outputs_[output];
        if (tensor < 0 || translation_.pool_indices.contains(tensor))
            continue;
        TensorState& result = translation_.states[size_t(tensor)];
        if (result.stored == no_value && result.channels_first == no_value && !result.constant)
        {
            if (status_.is_ok())
                unsupported("output " + std::to_string(output) + " is not supported");
            result.stored =
                translation_.graph.add_value({.name = name_of(translation_, tensor), .shape = {}, .constant = {}});
        }
    }
    return status_;
}

} // namespace vkseg::tflite
