#include "formats/onnx/tensor.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/checked_shape.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace vkseg::onnx {
namespace {

const char* foreign_name(DataType type)
{
    switch (type)
    {
    case DataType::u16:
        return "uint16";
    case DataType::i16:
        return "int16";
    case DataType::string:
        return "string";
    case DataType::u32:
        return "uint32";
    case DataType::u64:
        return "uint64";
    case DataType::complex64:
        return "complex64";
    case DataType::complex128:
        return "complex128";
    default:
        return "an 8-bit or smaller format";
    }
}

template <class Stored, class Value>
std::vector<std::byte> stored_as(const std::vector<Value>& values)
{
    std::vector<std::byte> bytes(values.size() * sizeof(Stored));
    for (size_t i = 0; i < values.size(); ++i)
    {
        const Stored stored = Stored(values[i]);
        std::memcpy(bytes.data() + i * sizeof(Stored), &stored, sizeof(Stored));
    }
    return bytes;
}

struct IntegerRange
{
    int64_t low;
    int64_t high;
};

/// Range of an entry of int32_data or int64_data. Half floats are stored as their bits.
IntegerRange integer_range(DType type)
{
    switch (type)
    {
    case DType::boolean:
        return {0, 1};
    case DType::u8:
        return {0, 255};
    case DType::i8:
        return {-128, 127};
    case DType::f16:
    case DType::bf16:
        return {0, 65535};
    case DType::i32:
        return {INT32_MIN, INT32_MAX};
    default:
        return {INT64_MIN, INT64_MAX};
    }
}

/// Returns the values of the field that ONNX uses for the type, as bytes in memory order.
Result<std::vector<std::byte>> typed_data(const TensorProto& proto, DType type)
{
    if (type == DType::f32)
        return stored_as<float>(proto.floats);
    if (type == DType::f64)
        return stored_as<double>(proto.doubles);
    const IntegerRange range = integer_range(type);
    for (const int64_t value : proto.integers)
    {
        if (value < range.low || value > range.high)
            return invalid("value " + std::to_string(value) + " does not fit type " + name(type));
    }
    switch (size_bytes(type))
    {
    case 1:
        return stored_as<uint8_t>(proto.integers);
    case 2:
        return stored_as<uint16_t>(proto.integers);
    case 4:
        return stored_as<int32_t>(proto.integers);
    default:
        return stored_as<int64_t>(proto.integers);
    }
}

Result<size_t> parse_size(const StringPair& entry)
{
    uint64_t value = 0;
    const char* end = entry.value.data() + entry.value.size();
    const auto [stop, error] = std::from_chars(entry.value.data(), end, value);
    if (error != std::errc() || stop != end)
        return invalid("external data: " + printable(entry.key) + ": expected a number of bytes, got '" +
                       printable(entry.value) + "'");
    return size_t(value);
}

} // namespace

Result<DType> data_type(DataType type)
{
    switch (type)
    {
    case DataType::f32:
        return DType::f32;
    case DataType::f16:
        return DType::f16;
    case DataType::bf16:
        return DType::bf16;
    case DataType::f64:
        return DType::f64;
    case DataType::u8:
        return DType::u8;
    case DataType::i8:
        return DType::i8;
    case DataType::i32:
        return DType::i32;
    case DataType::i64:
        return DType::i64;
    case DataType::boolean:
        return DType::boolean;
    default:
        break;
    }
    if (type <= DataType::undefined || type > DataType::newest)
        return invalid("element type " + std::to_string(int32_t(type)) + " does not exist");
    return Status(StatusCode::unsupported, std::string("element type ") + foreign_name(type) + " is not supported");
}

Result<TensorReader::Description> TensorReader::describe(const TensorProto& proto)
{
    Description description;
    VKSEG_ASSIGN(description.type, data_type(proto.type));
    VKSEG_ASSIGN(description.shape, checked_shape(proto.dims));
    if (!description.shape.is_known())
        return invalid("extent -1 is negative");
    if (proto.is_segment)
        return Status(StatusCode::unsupported, "segments are not supported");
    description.bytes = size_t(description.shape.elements()) * size_bytes(description.type);
    return description;
}

Result<Tensor> TensorReader::read(const TensorProto& proto)
{
    const auto read_all = [&]() -> Result<Tensor>
    {
        VKSEG_ASSIGN(const Description description, describe(proto));
        return read_data(proto, description);
    };
    Result<Tensor> tensor = read_all();
    if (!tensor.is_ok())
        return tensor.status().with_context("tensor '" + printable(proto.name) + "'");
    return tensor;
}

Result<Tensor> TensorReader::read_data(const TensorProto& proto, const Description& description)
{
    FileBytes data;
    if (proto.is_external)
    {
        VKSEG_ASSIGN(data, external_bytes(proto, description.bytes));
    }
    else if (proto.raw_data)
    {
        data = file_.part(size_t(proto.raw_data->data() - file_.bytes.data()), proto.raw_data->size());
    }
    else
    {
        VKSEG_ASSIGN(std::vector<std::byte> bytes, typed_data(proto, description.type));
        auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
        data.bytes = *owner;
        data.owner = std::move(owner);
    }
    if (data.bytes.size() != description.bytes)
    {
        return invalid("shape " + to_string(description.shape) + " of " + name(description.type) + " needs " +
                       std::to_string(description.bytes) + " bytes of data, got " + std::to_string(data.bytes.size()));
    }
    const auto is_boolean = [](std::byte value) { return value <= std::byte(1); };
    if (description.type == DType::boolean && !std::all_of(data.bytes.begin(), data.bytes.end(), is_boolean))
        return invalid("a value of type bool is neither 0 nor 1");
    return Tensor(description.type, description.shape, data.bytes, std::move(data.owner));
}

Result<FileBytes> TensorReader::external_bytes(const TensorProto& proto, size_t size)
{
    std::string_view location;
    size_t offset = 0;
    size_t length = size;
    for (const StringPair& entry : proto.external_data)
    {
        if (entry.key == "location")
        {
            location = entry.value;
        }
        else if (entry.key == "offset")
        {
            VKSEG_ASSIGN(offset, parse_size(entry));
        }
        else if (entry.key == "length")
        {
            VKSEG_ASSIGN(length, parse_size(entry));
        }
    }
    auto found = files_.find(location);
    if (found == files_.end())
    {
        if (!external_data_)
            return Status(StatusCode::io_error, "external data: '" + printable(location) +
                                                    "' is needed; give a function that returns this file");
        VKSEG_ASSIGN(FileBytes opened, external_data_(location));
        found = files_.emplace(location, std::move(opened)).first;
    }
    const FileBytes& file = found->second;
    if (offset > file.bytes.size() || length > file.bytes.size() - offset)
    {
        return invalid("external data: " + std::to_string(length) + " bytes at offset " + std::to_string(offset) +
                       " reach past the end of '" + printable(location) + "', which has " +
                       std::to_string(file.bytes.size()) + " bytes");
    }
    // Several tensors, such as tied weights, may share bytes. A bound keeps a small file from describing a large
    // network.
    constexpr size_t max_uses = 16;
    size_t& used = external_bytes_[std::string(location)];
    used += length;
    if (used / max_uses > file.bytes.size())
        return invalid("external data: the tensors read more than " + std::to_string(max_uses) + " times the " +
                       std::to_string(file.bytes.size()) + " bytes of '" + printable(location) + "'");
    return file.part(offset, length);
}

Result<FileBytes> open_beside_model(const std::filesystem::path& model_directory, std::string_view location)
{
    namespace fs = std::filesystem;
    const std::string shown = "external data: location '" + printable(location) + "'";
    const fs::path relative = path_of(location);
    const bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
    if (location.empty() || location.find('\0') != std::string_view::npos || relative.has_root_path() || climbs)
        return invalid(shown + " is not a file in the model's directory");

    // Symbolic links are resolved before the last check, so that none can lead out of the directory.
    std::error_code error;
    const fs::path directory = fs::canonical(model_directory.empty() ? fs::path(".") : model_directory, error);
    if (error)
        return Status(StatusCode::io_error, shown + ": the model's directory: " + error.message());
    const fs::path file = fs::canonical(directory / relative, error);
    if (error)
        return Status(StatusCode::io_error, shown + ": " + error.message());
    if (std::mismatch(directory.begin(), directory.end(), file.begin(), file.end()).first != directory.end())
        return invalid(shown + " leads out of the model's directory");
    return map_file(file);
}

} // namespace vkseg::onnx
