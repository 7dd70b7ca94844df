#include "node_tests/tensor_data.hpp"

#include "base/try.hpp"
#include "formats/onnx/tensor.hpp"

#include <algorithm>

namespace vkseg::test {
namespace {

/// A tensor, a sequence of tensors, or an optional value.
struct CaseValue
{
    vkseg::onnx::ValueKind kind = vkseg::onnx::ValueKind::tensor;
    std::vector<Tensor> tensors;
    bool is_sequence = false; ///< or an optional value that is one
    bool is_missing = false;  ///< an optional value without one
};

/// A field of a protobuf message; the tests' data have numbers and nested messages only.
struct Field
{
    uint64_t number = 0;
    uint64_t integer = 0;
    std::span<const std::byte> message = {};
};

uint64_t take_integer(std::span<const std::byte>& bytes)
{
    uint64_t value = 0;
    for (int shift = 0; !bytes.empty() && shift < 64; shift += 7)
    {
        const auto next = uint64_t(bytes.front());
        bytes = bytes.subspan(1);
        value |= (next & 127) << shift;
        if (next < 128)
            break;
    }
    return value;
}

std::vector<Field> fields_of(std::span<const std::byte> bytes)
{
    constexpr uint64_t nested = 2;
    std::vector<Field> fields;
    while (!bytes.empty())
    {
        const uint64_t tag = take_integer(bytes);
        Field field = {.number = tag >> 3, .integer = take_integer(bytes)};
        if ((tag & 7) == nested)
        {
            field.message = bytes.first(std::min(size_t(field.integer), bytes.size()));
            bytes = bytes.subspan(field.message.size());
        }
        fields.push_back(field);
    }
    return fields;
}

Result<Tensor> read_tensor(const FileBytes& file, std::span<const std::byte> bytes)
{
    VKSEG_ASSIGN(vkseg::onnx::TensorProto proto, vkseg::onnx::parse_tensor(bytes));
    if (proto.type == vkseg::onnx::DataType::u16) // the test data's disguise of bfloat16
        proto.type = vkseg::onnx::DataType::bf16;
    return vkseg::onnx::TensorReader(file, nullptr).read(proto);
}

/// Reads a TensorProto, SequenceProto or OptionalProto.
Status read_parts(const FileBytes& file, std::span<const std::byte> bytes, vkseg::onnx::ValueKind kind,
                  CaseValue& value)
{
    constexpr uint64_t tensor_field = 3; // of sequences and of optional values
    constexpr uint64_t sequence_field = 5;
    if (kind == vkseg::onnx::ValueKind::tensor)
    {
        VKSEG_ASSIGN(Tensor tensor, read_tensor(file, bytes));
        value.tensors.push_back(std::move(tensor));
        return {};
    }
    value.is_sequence = kind == vkseg::onnx::ValueKind::sequence;
    value.is_missing = kind == vkseg::onnx::ValueKind::optional;
    for (const Field& field : fields_of(bytes))
    {
        if (field.number != tensor_field && field.number != sequence_field)
            continue;
        const bool is_tensor = field.number == tensor_field;
        VKSEG_TRY(read_parts(file, field.message,
                             is_tensor ? vkseg::onnx::ValueKind::tensor : vkseg::onnx::ValueKind::sequence, value));
        value.is_missing = false;
    }
    return {};
}

vkseg::onnx::DataType code_of(DType type)
{
    if (type == DType::i64)
        return vkseg::onnx::DataType::i64;
    return type == DType::i32 ? vkseg::onnx::DataType::i32 : vkseg::onnx::DataType::f32;
}

/// Replaces inputs and outputs of a model by tensors.
class Replacement
{
public:
    Replacement(vkseg::onnx::GraphProto& graph, std::deque<std::string>& names) : graph_(graph), names_(names) {}

    void replace_input(const vkseg::onnx::ValueInfoProto& input, const CaseValue& value);
    void replace_output(const vkseg::onnx::ValueInfoProto& output, const CaseValue& value);
    void finish();

private:
    std::string_view keep(std::string name) { return names_.emplace_back(std::move(name)); }
    std::string_view part(std::string_view whole, const std::string& which)
    {
        return keep(std::string(whole) + "." + which);
    }
    std::string_view add_node(std::string_view op_type, std::vector<std::string_view> inputs, std::string_view output);

    vkseg::onnx::GraphProto& graph_;
    std::deque<std::string>& names_;
    std::vector<vkseg::onnx::ValueInfoProto> inputs_;
    std::vector<vkseg::onnx::ValueInfoProto> outputs_;
};

std::string_view Replacement::add_node(std::string_view op_type, std::vector<std::string_view> inputs,
                                       std::string_view output)
{
    vkseg::onnx::NodeProto node;
    node.op_type = op_type;
    node.inputs = std::move(inputs);
    node.outputs = {output};
    graph_.nodes.push_back(std::move(node));
    return output;
}

void Replacement::replace_input(const vkseg::onnx::ValueInfoProto& input, const CaseValue& value)
{
    if (input.kind == vkseg::onnx::ValueKind::tensor)
    {
        inputs_.push_back(input);
        return;
    }
    std::vector<std::string_view> parts;
    for (const Tensor& tensor : value.tensors)
    {
        parts.push_back(part(input.name, std::to_string(parts.size())));

        inputs_.push_back({.name = parts.back(),
                           .kind = vkseg::onnx::ValueKind::tensor,
                           .type = code_of(tensor.type()),
                           .has_shape = true,
                           .dims = Integers(tensor.shape().begin(), tensor.shape().end())});
    }
    if (value.is_sequence)
    {
        const char* const op_type = parts.empty() ? "SequenceEmpty" : "SequenceConstruct";
        const bool is_optional = input.kind == vkseg::onnx::ValueKind::optional;
        parts = {add_node(op_type, parts, is_optional ? part(input.name, "sequence") : input.name)};
    }
    if (input.kind == vkseg::onnx::ValueKind::optional)
        add_node("Optional", parts, input.name);
}

void Replacement::replace_output(const vkseg::onnx::ValueInfoProto& output, const CaseValue& value)
{
    const auto add_output = [&](std::string_view name) { outputs_.push_back({.name = name}); };
    if (output.kind == vkseg::onnx::ValueKind::tensor)
        return outputs_.push_back(output);
    std::string_view whole = output.name;
    if (output.kind == vkseg::onnx::ValueKind::optional)
    {
        add_output(add_node("OptionalHasElement", {whole}, part(whole, "has element")));
        if (value.is_missing)
            return;
        whole = add_node("OptionalGetElement", {whole}, part(whole, "element"));
    }
    if (!value.is_sequence)
        return add_output(whole);
    add_output(add_node("SequenceLength", {whole}, part(whole, "length")));
    for (size_t i = 0; i < value.tensors.size(); ++i)
    {
        vkseg::onnx::TensorProto position;
        position.name = part(whole, "position " + std::to_string(i));
        position.type = vkseg::onnx::DataType::i64;
        position.integers = {int64_t(i)};
        graph_.initializers.push_back(position);
        add_output(add_node("SequenceAt", {whole, position.name}, part(whole, std::to_string(i))));
    }
}

void Replacement::finish()
{
    graph_.inputs = std::move(inputs_);
    graph_.outputs = std::move(outputs_);
}

Result<CaseValue> read_value(const std::filesystem::path& path, vkseg::onnx::ValueKind kind)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    CaseValue value = {.kind = kind};
    const Status status = read_parts(file, file.bytes, kind, value);
    if (!status.is_ok())
        return status.with_context(path.filename().string());
    return value;
}

/// The tensors that replace an output: those that `replace_output` adds.
void add_expected(const CaseValue& value, std::vector<Tensor>& tensors)
{
    if (value.kind == vkseg::onnx::ValueKind::optional)
        tensors.push_back(Tensor::from_bytes(DType::boolean, Shape{}, {std::byte(!value.is_missing)}));
    if (value.is_sequence)
        tensors.push_back(Tensor::from_integers(Shape{}, {int64_t(value.tensors.size())}));
    tensors.insert(tensors.end(), value.tensors.begin(), value.tensors.end());
}

} // namespace

Result<TensorData> read_tensor_data(const std::filesystem::path& directory, vkseg::onnx::ModelProto& model,
                                    std::deque<std::string>& names)
{
    const auto path_of = [&](const char* prefix, size_t i) { return directory / (prefix + std::to_string(i) + ".pb"); };
    const std::vector<vkseg::onnx::ValueInfoProto> inputs = model.graph.inputs;
    const std::vector<vkseg::onnx::ValueInfoProto> outputs = model.graph.outputs;
    if (std::filesystem::exists(path_of("input_", inputs.size())) ||
        std::filesystem::exists(path_of("output_", outputs.size())))
        return Status(StatusCode::invalid_model, "the data do not fit the model's inputs and outputs");
    Replacement replacement(model.graph, names);
    TensorData data;
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        VKSEG_ASSIGN(const CaseValue value, read_value(path_of("input_", i), inputs[i].kind));
        replacement.replace_input(inputs[i], value);
        data.inputs.insert(data.inputs.end(), value.tensors.begin(), value.tensors.end());
    }
    for (size_t i = 0; i < outputs.size(); ++i)
    {
        VKSEG_ASSIGN(const CaseValue value, read_value(path_of("output_", i), outputs[i].kind));
        replacement.replace_output(outputs[i], value);
        add_expected(value, data.outputs);
    }
    replacement.finish();
    return data;
}

} // namespace vkseg::test
