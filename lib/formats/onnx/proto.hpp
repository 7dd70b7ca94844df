#pragma once

#include "vkseg/status.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// The messages of onnx.proto as plain structs, as far as inference needs them. Views point into the file's bytes.
/// Training information is not parsed.
namespace vkseg::onnx {

enum class DataType : int32_t
{
    undefined = 0,
    f32 = 1,
    u8 = 2,
    i8 = 3,
    u16 = 4,
    i16 = 5,
    i32 = 6,
    i64 = 7,
    string = 8,
    boolean = 9,
    f16 = 10,
    f64 = 11,
    u32 = 12,
    u64 = 13,
    complex64 = 14,
    complex128 = 15,
    bf16 = 16,
    newest = 26, // the values in between are f8, i4 and other newer formats
};

struct StringPair
{
    std::string_view key;
    std::string_view value;
};

struct OpsetImport
{
    std::string_view domain;
    int64_t version = 0;
};

struct TensorProto
{
    std::string_view name;
    std::vector<int64_t> dims;
    DataType type = DataType::undefined;
    std::optional<std::span<const std::byte>> raw_data;
    std::vector<float> floats;
    std::vector<double> doubles;
    std::vector<int64_t> integers; ///< int32_data or int64_data
    std::vector<StringPair> external_data;
    bool is_external = false;
    bool is_segment = false;
};

enum class AttributeType : int32_t
{
    undefined = 0,
    real = 1,
    integer = 2,
    text = 3,
    tensor = 4,
    graph = 5,
    reals = 6,
    integers = 7,
    texts = 8,
    newest = 14, // the values in between are lists of tensors and graphs, sparse tensors, types
};

struct GraphProto;

struct AttributeProto
{
    std::string_view name;
    AttributeType type = AttributeType::undefined;
    std::optional<float> real;
    std::optional<int64_t> integer;
    std::optional<std::string_view> text;
    std::vector<TensorProto> tensors; ///< none or one
    std::vector<GraphProto> graphs;   ///< none or one
    std::vector<float> reals;
    std::vector<int64_t> integers;
    std::string_view reference; ///< ref_attr_name: the function's attribute that this one is; only inside functions
    std::vector<std::string_view> texts;
};

struct NodeProto
{
    std::string_view name;
    std::string_view op_type;
    std::string_view domain;
    std::string_view overload;
    std::vector<std::string_view> inputs;
    std::vector<std::string_view> outputs;
    std::vector<AttributeProto> attributes;
};

/// Kinds of types, by the numbers of their fields in TypeProto.
enum class ValueKind : int32_t
{
    none = 0,
    tensor = 1,
    sequence = 4,
    map = 5,
    sparse_tensor = 8,
    optional = 9,
};

struct ValueInfoProto
{
    std::string_view name;
    ValueKind kind = ValueKind::none;
    DataType type = DataType::undefined;
    bool has_shape = false;
    std::vector<int64_t> dims; ///< −1 if the extent is symbolic or missing
};

struct GraphProto
{
    std::string_view name;
    std::vector<NodeProto> nodes;
    std::vector<TensorProto> initializers;
    std::vector<ValueInfoProto> inputs;
    std::vector<ValueInfoProto> outputs;
    size_t sparse_initializers = 0;
};

/// A function of the model: nodes that call it stand for the nodes of its body.
struct FunctionProto
{
    std::string_view name;
    std::string_view domain;
    std::string_view overload;
    std::vector<std::string_view> attributes; ///< without a default
    std::vector<AttributeProto> defaults;
    std::vector<OpsetImport> opsets;
    GraphProto body; ///< without initializers; inputs and outputs have names only
};

struct ModelProto
{
    int64_t ir_version = 0;
    std::vector<OpsetImport> opsets;
    std::vector<StringPair> metadata;
    GraphProto graph;
    bool has_graph = false;
    std::vector<FunctionProto> functions;
};

/// Subgraphs of subgraphs end here, so that a file cannot exhaust the stack.
constexpr size_t max_subgraph_depth = 16;

/// Reads the wire format of protocol buffers. Fails on malformed data; the Status names the part of the message.
Result<ModelProto> parse_model(std::span<const std::byte> bytes);
Result<TensorProto> parse_tensor(std::span<const std::byte> bytes);

} // namespace vkseg::onnx
