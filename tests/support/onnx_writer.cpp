#include "support/onnx_writer.hpp"

#include <bit>

namespace vkseg::test::onnx {
namespace {

constexpr uint32_t wire_varint = 0;
constexpr uint32_t wire_length_delimited = 2;
constexpr uint32_t wire_fixed32 = 5;

void append_float(Bytes& bytes, float value)
{
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8)
        bytes += char(bits >> shift & 0xff);
}

Message begin_attribute(const std::string& name, int64_t type)
{
    Message message;
    message.text(1, name).integer(20, type);
    return message;
}

Bytes pair(const std::string& key, const std::string& value)
{
    return Message().text(1, key).text(2, value).bytes();
}

} // namespace

void Message::varint(uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bytes_ += char(value | 0x80);
    bytes_ += char(value);
}

Message& Message::integer(uint32_t field, int64_t value)
{
    tag(field, wire_varint);
    varint(uint64_t(value));
    return *this;
}

Message& Message::integers(uint32_t field, const Extents& values)
{
    Message packed;
    for (const int64_t value : values)
        packed.varint(uint64_t(value));
    return text(field, packed.bytes_);
}

Message& Message::real(uint32_t field, float value)
{
    tag(field, wire_fixed32);
    append_float(bytes_, value);
    return *this;
}

Message& Message::reals(uint32_t field, const std::vector<float>& values)
{
    Bytes packed;
    for (const float value : values)
        append_float(packed, value);
    return text(field, packed);
}

Message& Message::text(uint32_t field, std::string_view value)
{
    tag(field, wire_length_delimited);
    varint(value.size());
    return raw(value);
}

Message& Message::raw(std::string_view bytes)
{
    bytes_ += bytes;
    return *this;
}

Bytes attribute(const std::string& name, int64_t value)
{
    return begin_attribute(name, 2).integer(3, value).bytes();
}

Bytes attribute(const std::string& name, float value)
{
    return begin_attribute(name, 1).real(2, value).bytes();
}

Bytes attribute(const std::string& name, const Extents& values)
{
    return begin_attribute(name, 7).integers(8, values).bytes();
}

Bytes attribute(const std::string& name, const std::vector<float>& values)
{
    return begin_attribute(name, 6).reals(7, values).bytes();
}

Bytes attribute(const std::string& name, const char* value)
{
    return begin_attribute(name, 3).text(4, value).bytes();
}

Bytes reference(const std::string& name, const std::string& function_attribute, int64_t type)
{
    return begin_attribute(name, type).text(21, function_attribute).bytes();
}

Bytes tensor_attribute(const std::string& name, const Bytes& tensor)
{
    return begin_attribute(name, 4).text(5, tensor).bytes();
}

Bytes graph_attribute(const std::string& name, const Bytes& graph)
{
    return begin_attribute(name, 5).text(6, graph).bytes();
}

Bytes node(const std::string& op_type, const Names& inputs, const Names& outputs, const std::vector<Bytes>& attributes,
           const std::string& name, const std::string& domain)
{
    Message message;
    for (const std::string& input : inputs)
        message.text(1, input);
    for (const std::string& output : outputs)
        message.text(2, output);
    message.text(3, name).text(4, op_type);
    for (const Bytes& attribute : attributes)
        message.text(5, attribute);
    return message.text(7, domain).bytes();
}

Bytes raw_tensor(const std::string& name, const Extents& dims, int64_t type, std::string_view data)
{
    return Message().integers(1, dims).integer(2, type).text(8, name).text(9, data).bytes();
}

Bytes float_tensor(const std::string& name, const Extents& dims, const std::vector<float>& values)
{
    return Message().integers(1, dims).integer(2, type_f32).reals(4, values).text(8, name).bytes();
}

Bytes integer_tensor(const std::string& name, const Extents& dims, const Extents& values)
{
    return Message().integers(1, dims).integer(2, type_i64).integers(7, values).text(8, name).bytes();
}

Bytes external_tensor(const std::string& name, const Extents& dims, int64_t type, const External& data)
{
    Message message;
    message.integers(1, dims).integer(2, type).text(8, name).text(13, pair("location", data.location));
    if (!data.offset.empty())
        message.text(13, pair("offset", data.offset));
    if (!data.length.empty())
        message.text(13, pair("length", data.length));
    return message.integer(14, 1).bytes();
}

Bytes value_info(const std::string& name, int64_t type, const Extents& dims)
{
    Message shape;
    for (const int64_t extent : dims)
        shape.text(1, extent == -1 ? Message().text(2, "n").bytes() : Message().integer(1, extent).bytes());
    const Bytes tensor_type = Message().integer(1, type).text(2, shape.bytes()).bytes();
    return Message().text(1, name).text(2, Message().text(1, tensor_type).bytes()).bytes();
}

Bytes Model::graph() const
{
    Message message;
    for (const Bytes& node : nodes)
        message.text(1, node);
    message.text(2, "graph");
    for (const Bytes& initializer : initializers)
        message.text(5, initializer);
    for (const Bytes& input : inputs)
        message.text(11, input);
    for (const Bytes& output : outputs)
        message.text(12, output);
    return message.raw(more_of_graph).bytes();
}

Bytes Model::bytes() const
{
    Message message;
    message.integer(1, 8).text(7, graph());
    if (opset != 0)
        message.text(8, Message().text(1, "").integer(2, opset).bytes());
    for (const auto& [key, value] : metadata)
        message.text(14, pair(key, value));
    return message.raw(more_of_model).bytes();
}

Bytes Function::bytes() const
{
    Message message;
    message.text(1, name);
    for (const std::string& input : inputs)
        message.text(4, input);
    for (const std::string& output : outputs)
        message.text(5, output);
    for (const std::string& attribute : attributes)
        message.text(6, attribute);
    for (const Bytes& node : nodes)
        message.text(7, node);
    message.text(9, Message().text(1, "").integer(2, opset).bytes()).text(10, "local");
    for (const Bytes& value : defaults)
        message.text(11, value);
    return message.text(13, overload).bytes();
}

Model model_of(const std::vector<Bytes>& nodes, const std::vector<Bytes>& initializers, int64_t opset)
{
    return {.nodes = nodes,
            .initializers = initializers,
            .inputs = {value_info("x", type_f32, {1, 3, 8, 8})},
            .outputs = {value_info("y", type_f32, {})},
            .metadata = {},
            .opset = opset,
            .more_of_graph = {},
            .more_of_model = {}};
}

} // namespace vkseg::test::onnx
