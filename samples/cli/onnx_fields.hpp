#pragma once

#include "common.hpp"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <map>
#include <optional>

/// Fields of ONNX files, for rewriting them: what is not understood is kept.
namespace vkseg::cli {

using protozero::data_view;
using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;

// Numbers of fields in onnx.proto.
namespace model_field {
constexpr uint32_t graph = 7;
constexpr uint32_t opset_import = 8;
} // namespace model_field
namespace opset_field {
constexpr uint32_t domain = 1;
constexpr uint32_t version = 2;
} // namespace opset_field
namespace graph_field {
constexpr uint32_t node = 1;
constexpr uint32_t initializer = 5;
constexpr uint32_t input = 11;
} // namespace graph_field
namespace node_field {
constexpr uint32_t input = 1;
constexpr uint32_t output = 2;
constexpr uint32_t name = 3;
constexpr uint32_t op_type = 4;
constexpr uint32_t attribute = 5;
constexpr uint32_t domain = 7;
} // namespace node_field
namespace attribute_field {
constexpr uint32_t name = 1;
constexpr uint32_t integer = 3;
constexpr uint32_t graph = 6;
constexpr uint32_t graphs = 11;
constexpr uint32_t type = 20;
} // namespace attribute_field
namespace tensor_field {
constexpr uint32_t dims = 1;
constexpr uint32_t data_type = 2;
constexpr uint32_t name = 8;
constexpr uint32_t raw_data = 9;
constexpr uint32_t data_location = 14;
} // namespace tensor_field
constexpr uint32_t value_info_name = 1;

/// The parts of a NodeProto that decide how it is quantised.
struct NodeParts
{
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::string name;
    std::string op_type;
    std::string domain;
    std::map<std::string, int64_t> integers; ///< attributes; those of other types are 0
    bool has_subgraph = false;

    const std::string& label() const { return name.empty() && !outputs.empty() ? outputs.front() : name; }
};

NodeParts read_node(pbf_reader node);

pbf_reader reader_of(std::span<const std::byte> file);
/// The last graph of the file.
std::optional<data_view> find_graph(std::span<const std::byte> file);
/// Version of ONNX's own operators; 0 if the file does not tell.
int64_t find_opset(std::span<const std::byte> file);

/// Calls `visit` with the reader at each field; the function must read or skip it.
template <class Visit>
void for_each_field(pbf_reader message, const Visit& visit)
{
    while (message.next())
        visit(message);
}

/// Copies the field that the reader is at.
void copy_field(pbf_reader& field, pbf_writer& to);

/// Runs `work` on the file; what protozero throws on malformed data becomes a Failure.
template <class Work>
auto with_parser(const Work& work)
{
    try
    {
        return work();
    }
    catch (const protozero::exception& error)
    {
        throw Failure(bad_input, fmt::format("quantize: the file is not an ONNX model: {}", error.what()));
    }
}

} // namespace vkseg::cli
