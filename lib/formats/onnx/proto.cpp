// protozero throws on malformed data, so this file is compiled with exceptions and catches all of them.
#include "formats/onnx/proto.hpp"

#include "formats/onnx/wire.hpp"

#include <new>

namespace vkseg::onnx {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

/// Limit on messages: each takes a few hundred bytes of memory, but may take as few as two bytes of the file.
constexpr size_t max_messages = size_t(1) << 20;

class Parser
{
public:
    void read(pbf_reader message, ModelProto& model);
    void read(pbf_reader message, TensorProto& tensor);
    std::string place() const;

private:
    struct Level
    {
        const char* field;
        size_t index;
    };

    void read(pbf_reader message, GraphProto& graph);
    void read(pbf_reader message, FunctionProto& function);
    void read(pbf_reader message, NodeProto& node);
    void read(pbf_reader message, AttributeProto& attribute);
    void read(pbf_reader message, ValueInfoProto& value);
    void read_type(pbf_reader message, ValueInfoProto& value);
    void read_tensor_type(pbf_reader message, ValueInfoProto& value);
    void read_shape(pbf_reader message, ValueInfoProto& value);
    int64_t read_dimension(pbf_reader message);
    void read(pbf_reader message, StringPair& pair);
    void read(pbf_reader message, OpsetImport& opset);

    /// Reads a message of two fields, numbered 1 and 2.
    template <class First, class Second>
    static void read_pair(pbf_reader& message, First&& read_first, Second&& read_second)
    {
        while (message.next())
        {
            if (message.tag() == 1)
                read_first();
            else if (message.tag() == 2)
                read_second();
            else
                message.skip();
        }
    }

    /// Reads a message field. If an exception is thrown, the level stays, so that place() can name the field.
    template <class Read>
    void enter(pbf_reader& message, const char* field, size_t index, Read&& read_field)
    {
        if (++messages_ > max_messages)
            throw wire::Malformed{"more than " + std::to_string(max_messages) + " parts"};
        levels_.push_back({field, index});
        wire::need(message, pbf_wire_type::length_delimited);
        read_field(message.get_message());
        levels_.pop_back();
    }
    template <class T>
    void enter(pbf_reader& message, const char* field, T& target, size_t index = 0)
    {
        enter(message, field, index, [&](pbf_reader part) { read(part, target); });
    }
    template <class T>
    void append(pbf_reader& message, const char* field, std::vector<T>& targets)
    {
        enter(message, field, targets.size(), [&](pbf_reader part) { read(part, targets.emplace_back()); });
    }

    std::vector<Level> levels_;
    size_t messages_ = 0;
    size_t depth_ = 0; ///< number of subgraphs around the current message
};

std::string Parser::place() const
{
    std::string text;
    for (const Level& level : levels_)
    {
        text.append(text.empty() ? "" : ", ").append(level.field);
        text.append(" ").append(std::to_string(level.index));
    }
    return text;
}

void Parser::read(pbf_reader message, ModelProto& model)
{
    while (message.next())
    {
        switch (message.tag())
        {
        case 1:
            model.ir_version = wire::integer(message);
            break;
        case 7:
            model.has_graph = true;
            enter(message, "graph", model.graph);
            break;
        case 8:
            append(message, "opset_import", model.opsets);
            break;
        case 14:
            append(message, "metadata_props", model.metadata);
            break;
        case 25:
            append(message, "function", model.functions);
            break;
        default:
            message.skip();
        }
    }
}

void Parser::read(pbf_reader message, OpsetImport& opset)
{
    read_pair(
        message, [&] { opset.domain = wire::text(message); }, [&] { opset.version = wire::integer(message); });
}

void Parser::read(pbf_reader message, StringPair& pair)
{
    read_pair(
        message, [&] { pair.key = wire::text(message); }, [&] { pair.value = wire::text(message); });
}

void Parser::read(pbf_reader message, GraphProto& graph)
{
    while (message.next())
    {
        switch (message.tag())
        {
        case 1:
            append(message, "node", graph.nodes);
            break;
        case 2:
            graph.name = wire::text(message);
            break;
        case 5:
            append(message, "initializer", graph.initializers);
            break;
        case 11:
            append(message, "input", graph.inputs);
            break;
        case 12:
            append(message, "output", graph.outputs);
            break;
        case 15:
            wire::need(message, pbf_wire_type::length_delimited);
            ++graph.sparse_initializers;
            message.skip();
            break;
        default:
            message.skip();
        }
    }
}

void Parser::read(pbf_reader message, FunctionProto& function)
{
    const auto named = [&] { return ValueInfoProto{.name = wire::text(message), .dims = {}}; };
    while (message.next())
    {
        switch (message.tag())
        {
        case 1:
            function.name = wire::text(message);
            break;
        case 4:
            function.body.inputs.push_back(named());
            break;
        case 5:
            function.body.outputs.push_back(named());
            break;
        case 6:
            function.attributes.push_back(wire::text(message));
            break;
        case 7:
            append(message, "node", function.body.nodes);
            break;
        case 9:
            append(message, "opset_import", function.opsets);
            break;
        case 10:
            function.domain = wire::text(message);
            break;
        case 11:
            append(message, "attribute_proto", function.defaults);
            break;
        case 13:
            function.overload = wire::text(message);
            break;
        default:
            message.skip();
        }
    }
}

void Parser::read(pbf_reader message, NodeProto& node)
{
    while (message.next())
    {
        switch (message.tag())
        {
        case 1:
            node.inputs.push_back(wire::text(message));
            break;
        case 2:
            node.outputs.push_back(wire::text(message));
            break;
        case 3:
            node.name = wire::text(message);
            break;
        case 4:
            node.op_type = wire::text(message);
            break;
        case 5:
            append(message, "attribute", node.attributes);
            break;
        case 7:
            node.domain = wire::text(message);
            break;
        case 8:
            node.overload = wire::text(message);
            break;
        default:
            message.skip();
        }
    }
}

void Parser::read(pbf_reader message, AttributeProto& attribute)
{
    while (message.next())
    {
        switch (message.tag())
        {
        case 1:
            attribute.name = wire::text(message);
            break;
        case 2:
            attribute.real = wire::real(message);
            break;
        case 3:
            attribute.integer = wire::integer(message);
            break;
        case 4:
            attribute.text = wire::text(message);
            break;
        case 5:
            attribute.tensors.resize(1);
            enter(message, "tensor", attribute.tensors.front());
            break;
        case 6:
            if (depth_ == max_subgraph_depth)
                throw wire::Malformed{"more than " + std::to_string(max_subgraph_depth) +
                                      " subgraphs within each other"};
            ++depth_;
            attribute.graphs.resize(1);
            enter(message, "graph", attribute.graphs.front());
            --depth_;
            break;
        case 7:
            wire::append_reals(message, attribute.reals);
            break;
        case 8:
            wire::append_integers(message, attribute.integers);
            break;
        case 9:
            attribute.texts.push_back(wire::text(message));
            break;
        case 20:
            attribute.type = AttributeType(wire::integer(message));
            break;
        case 21:
            attribute.reference = wire::text(message);
            break;
        default:
            message.skip();
        }
    }
}

void Parser::read(pbf_reader message, TensorProto& tensor)
{
    while (message.next())
    {
        switch (message.tag())
        {
        case 1:
            wire::append_integers(message, tensor.dims);
            break;
        case 2:
            tensor.type = DataType(wire::integer(message));
            break;
        case 3:
            tensor.is_segment = true;
            message.skip();
            break;
        case 4:
            wire::append_reals(message, tensor.floats);
            break;
        case 5:
        case 7:
            wire::append_integers(message, tensor.integers);
            break;
        case 8:
            tensor.name = wire::text(message);
            break;
        case 9:
            tensor.raw_data = std::as_bytes(std::span(wire::text(message)));
            break;
        case 10:
            wire::append_doubles(message, tensor.doubles);
            break;
        case 13:
            append(message, "external_data", tensor.external_data);
            break;
        case 14:
            tensor.is_external = wire::integer(message) == 1;
            break;
        default:
            message.skip();
        }
    }
}

void Parser::read(pbf_reader message, ValueInfoProto& value)
{
    const auto read_its_type = [&](pbf_reader part) { read_type(part, value); };
    read_pair(
        message, [&] { value.name = wire::text(message); }, [&] { enter(message, "type", 0, read_its_type); });
}

void Parser::read_type(pbf_reader message, ValueInfoProto& value)
{
    constexpr uint32_t denotation = 6;
    while (message.next())
    {
        if (message.tag() != denotation)
            value.kind = ValueKind(message.tag());
        if (value.kind == ValueKind::tensor && message.tag() != denotation)
            enter(message, "tensor_type", 0, [&](pbf_reader part) { read_tensor_type(part, value); });
        else
            message.skip();
    }
}

void Parser::read_tensor_type(pbf_reader message, ValueInfoProto& value)
{
    const auto read_its_shape = [&](pbf_reader part)
    {
        value.has_shape = true;
        read_shape(part, value);
    };
    read_pair(
        message, [&] { value.type = DataType(wire::integer(message)); },
        [&] { enter(message, "shape", 0, read_its_shape); });
}

void Parser::read_shape(pbf_reader message, ValueInfoProto& value)
{
    while (message.next())
    {
        if (message.tag() == 1)
            enter(message, "dim", value.dims.size(),
                  [&](pbf_reader part) { value.dims.push_back(read_dimension(part)); });
        else
            message.skip();
    }
}

int64_t Parser::read_dimension(pbf_reader message)
{
    int64_t extent = -1;
    while (message.next())
    {
        if (message.tag() != 1)
        {
            message.skip();
            continue;
        }
        extent = wire::integer(message);
        if (extent < -1)
            throw wire::Malformed{"a dimension has the negative extent " + std::to_string(extent)};
    }
    return extent;
}

template <class T>
Result<T> parse(std::span<const std::byte> bytes)
{
    Parser parser;
    std::string what;
    try
    {
        T message;
        parser.read(pbf_reader(reinterpret_cast<const char*>(bytes.data()), bytes.size()), message);
        return message;
    }
    catch (const wire::Malformed& malformed)
    {
        what = malformed.what;
    }
    catch (const protozero::end_of_buffer_exception&)
    {
        what = "it ends in the middle of a field; is the file cut short?";
    }
    catch (const protozero::unknown_pbf_wire_type_exception&)
    {
        what = "a field has an unknown wire type";
    }
    catch (const protozero::invalid_tag_exception&)
    {
        what = "a field has an invalid number";
    }
    catch (const protozero::varint_too_long_exception&)
    {
        what = "an integer has more than 10 bytes";
    }
    catch (const protozero::exception&)
    {
        what = "a list's length is not a multiple of its values' size";
    }
    catch (const std::bad_alloc&)
    {
        return Status(StatusCode::out_of_memory, "out of memory while reading the model");
    }
    const std::string place = parser.place();
    return Status(StatusCode::invalid_model, "not a valid ONNX file: " + (place.empty() ? "" : place + ": ") + what);
}

} // namespace

Result<ModelProto> parse_model(std::span<const std::byte> bytes)
{
    return parse<ModelProto>(bytes);
}

Result<TensorProto> parse_tensor(std::span<const std::byte> bytes)
{
    return parse<TensorProto>(bytes);
}

} // namespace vkseg::onnx
