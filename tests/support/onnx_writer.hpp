#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Writes valid and invalid ONNX files for tests. Every part is a string of bytes in the protobuf wire format, so that
/// a test can put any bytes in any place.
namespace vkseg::test::onnx {

using Bytes = std::string;
using Names = std::vector<std::string>;
using Extents = std::vector<int64_t>;

/// The fields of one message, in the order of the calls.
class Message
{
public:
    Message& integer(uint32_t field, int64_t value);
    Message& integers(uint32_t field, const Extents& values); ///< packed
    Message& real(uint32_t field, float value);
    Message& reals(uint32_t field, const std::vector<float>& values); ///< packed
    Message& text(uint32_t field, std::string_view value);            ///< strings, bytes and messages
    Message& raw(std::string_view bytes);
    const Bytes& bytes() const { return bytes_; }

private:
    void varint(uint64_t value);
    void tag(uint32_t field, uint32_t wire_type) { varint(uint64_t(field) << 3 | wire_type); }

    Bytes bytes_;
};

/// ONNX's codes for element types (TensorProto.DataType).
enum ElementType : int64_t
{
    type_f32 = 1,
    type_u8 = 2,
    type_i8 = 3,
    type_u16 = 4,
    type_i32 = 6,
    type_i64 = 7,
    type_string = 8,
    type_bool = 9,
    type_f16 = 10,
    type_f64 = 11,
    type_bf16 = 16,
};

Bytes attribute(const std::string& name, int64_t value);
Bytes attribute(const std::string& name, float value);
Bytes attribute(const std::string& name, const Extents& values);
Bytes attribute(const std::string& name, const std::vector<float>& values);
Bytes attribute(const std::string& name, const char* value);
/// An attribute that is one of the function around the node; `type` is ONNX's code.
Bytes reference(const std::string& name, const std::string& function_attribute, int64_t type);
Bytes tensor_attribute(const std::string& name, const Bytes& tensor);
Bytes graph_attribute(const std::string& name, const Bytes& graph);

Bytes node(const std::string& op_type, const Names& inputs, const Names& outputs,
           const std::vector<Bytes>& attributes = {}, const std::string& name = {}, const std::string& domain = {});

Bytes raw_tensor(const std::string& name, const Extents& dims, int64_t type, std::string_view data);
Bytes float_tensor(const std::string& name, const Extents& dims, const std::vector<float>& values);
Bytes integer_tensor(const std::string& name, const Extents& dims, const Extents& values);

struct External
{
    std::string location;
    std::string offset;
    std::string length;
};
Bytes external_tensor(const std::string& name, const Extents& dims, int64_t type, const External& data);

/// A tensor's type; extents of −1 become the symbolic dimension "n".
Bytes value_info(const std::string& name, int64_t type, const Extents& dims);

struct Model
{
    std::vector<Bytes> nodes;
    std::vector<Bytes> initializers;
    std::vector<Bytes> inputs;
    std::vector<Bytes> outputs;
    std::vector<std::pair<std::string, std::string>> metadata;
    int64_t opset = 17;
    Bytes more_of_graph; ///< fields appended as they are
    Bytes more_of_model;

    Bytes graph() const;
    Bytes bytes() const;
};

/// A function of a model, in the domain "local".
struct Function
{
    std::string name;
    Names inputs = {};
    Names outputs = {};
    Names attributes = {};
    std::vector<Bytes> defaults = {};
    std::vector<Bytes> nodes = {};
    int64_t opset = 17;
    std::string overload = {};

    Bytes bytes() const;
};

/// x [1,3,8,8] → the nodes → y, all f32.
Model model_of(const std::vector<Bytes>& nodes, const std::vector<Bytes>& initializers = {}, int64_t opset = 17);

} // namespace vkseg::test::onnx
