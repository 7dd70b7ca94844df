#include "onnx_fields.hpp"

namespace vkseg::cli {
namespace {

void read_attribute(pbf_reader attribute, NodeParts& parts)
{
    std::string name;
    int64_t integer = 0;
    while (attribute.next())
    {
        switch (attribute.tag())
        {
        case attribute_field::name:
            name = attribute.get_string();
            break;
        case attribute_field::integer:
            integer = attribute.get_int64();
            break;
        case attribute_field::graph:
        case attribute_field::graphs:
            parts.has_subgraph = true;
            attribute.skip();
            break;
        default:
            attribute.skip();
        }
    }
    parts.integers[name] = integer;
}

} // namespace

NodeParts read_node(pbf_reader node)
{
    NodeParts parts;
    while (node.next())
    {
        switch (node.tag())
        {
        case node_field::input:
            parts.inputs.push_back(node.get_string());
            break;
        case node_field::output:
            parts.outputs.push_back(node.get_string());
            break;
        case node_field::name:
            parts.name = node.get_string();
            break;
        case node_field::op_type:
            parts.op_type = node.get_string();
            break;
        case node_field::attribute:
            read_attribute(node.get_message(), parts);
            break;
        case node_field::domain:
            parts.domain = node.get_string();
            break;
        default:
            node.skip();
        }
    }
    return parts;
}

pbf_reader reader_of(std::span<const std::byte> file)
{
    return pbf_reader(data_view(reinterpret_cast<const char*>(file.data()), file.size()));
}

void copy_field(pbf_reader& field, pbf_writer& to)
{
    const uint32_t tag = field.tag();
    switch (field.wire_type())
    {
    case pbf_wire_type::varint:
        to.add_uint64(tag, field.get_uint64());
        break;
    case pbf_wire_type::fixed64:
        to.add_fixed64(tag, field.get_fixed64());
        break;
    case pbf_wire_type::fixed32:
        to.add_fixed32(tag, field.get_fixed32());
        break;
    default:
        to.add_bytes(tag, field.get_view());
    }
}

std::optional<data_view> find_graph(std::span<const std::byte> file)
{
    std::optional<data_view> graph;
    for_each_field(reader_of(file),
                   [&](pbf_reader& field)
                   {
                       if (field.tag() == model_field::graph)
                           graph = field.get_view();
                       else
                           field.skip();
                   });
    return graph;
}

int64_t find_opset(std::span<const std::byte> file)
{
    int64_t opset = 0;
    for_each_field(reader_of(file),
                   [&](pbf_reader& field)
                   {
                       if (field.tag() != model_field::opset_import)
                           return field.skip();
                       std::string domain;
                       int64_t version = 0;
                       for_each_field(field.get_message(),
                                      [&](pbf_reader& part)
                                      {
                                          if (part.tag() == opset_field::domain)
                                              domain = part.get_string();
                                          else if (part.tag() == opset_field::version)
                                              version = part.get_int64();
                                          else
                                              part.skip();
                                      });
                       if (domain.empty() || domain == "ai.onnx")
                           opset = version;
                   });
    return opset;
}

} // namespace vkseg::cli
