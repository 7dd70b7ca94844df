#include "formats/tflite/tensor.hpp"

#include "base/invalid.hpp"
#include "base/try.hpp"
#include "formats/checked_shape.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

namespace vkseg::tflite {
namespace {

using schema::TensorType;

std::optional<DType> known_type(TensorType type)
{
    switch (type)
    {
    case TensorType::FLOAT32:
        return DType::f32;
    case TensorType::FLOAT16:
        return DType::f16;
    case TensorType::FLOAT64:
        return DType::f64;
    case TensorType::UINT8:
        return DType::u8;
    case TensorType::INT8:
        return DType::i8;
    case TensorType::INT32:
        return DType::i32;
    case TensorType::INT64:
        return DType::i64;
    case TensorType::BOOL:
        return DType::boolean;
    default:
        return std::nullopt;
    }
}

/// True for types whose values stand for real numbers if the tensor has a scale.
bool may_be_quantized(TensorType type)
{
    return type == TensorType::UINT8 || type == TensorType::INT8 || type == TensorType::INT16 ||
           type == TensorType::INT32;
}

size_t stored_bytes(TensorType type)
{
    return type == TensorType::INT16 ? 2 : size_bytes(*known_type(type));
}

int64_t zero_point_of(const schema::QuantizationParameters& quantization, size_t channel)
{
    const auto* const points = quantization.zero_point();
    if (points == nullptr || points->size() == 0)
        return 0;
    int64_t point = 0; // the format's verifier does not check the alignment of 64-bit integers
    std::memcpy(&point, points->Data() + sizeof(point) * (points->size() == 1 ? 0 : channel), sizeof(point));
    return flatbuffers::EndianScalar(point);
}

struct IntegerRange
{
    int64_t min = 0;
    int64_t max = 0;
};

/// Range of the integers of a quantised type.
IntegerRange range_of(TensorType type)
{
    switch (type)
    {
    case TensorType::UINT8:
        return {0, 255};
    case TensorType::INT8:
        return {-128, 127};
    case TensorType::INT16:
        return {-32768, 32767};
    default:
        return {INT32_MIN, INT32_MAX};
    }
}

Status check_quantization(const schema::Tensor& tensor, size_t channels)
{
    const schema::QuantizationParameters& quantization = *tensor.quantization();
    const size_t scales = quantization.scale()->size();
    const size_t zero_points = quantization.zero_point() == nullptr ? 0 : quantization.zero_point()->size();
    if (quantization.details_type() != 0)
        return Status(StatusCode::unsupported, "quantisation of a custom kind is not supported");
    if (scales != 1 && scales != channels)
        return invalid("expected 1 or " + std::to_string(channels) + " scales, got " + std::to_string(scales));
    if (zero_points > 1 && zero_points != scales)
        return invalid("expected " + std::to_string(scales) + " zero points, got " + std::to_string(zero_points));
    for (const float scale : *quantization.scale())
    {
        if (!(scale > 0) || scale > 3e38f)
            return invalid("a scale of quantised values is not a positive number");
    }
    const IntegerRange range = range_of(tensor.type());
    for (size_t i = 0; i < zero_points; ++i)
    {
        const int64_t point = zero_point_of(quantization, i);
        if (point < range.min || point > range.max)
            return invalid("zero point " + std::to_string(point) + " is not from " + std::to_string(range.min) +
                           " to " + std::to_string(range.max));
    }
    return {};
}

/// One stored integer.
int64_t integer_at(std::span<const std::byte> bytes, size_t index, TensorType type)
{
    const auto read = [&]<class T>(T value)
    {
        std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
        return int64_t(value);
    };
    switch (type)
    {
    case TensorType::UINT8:
        return read(uint8_t());
    case TensorType::INT8:
        return read(int8_t());
    case TensorType::INT16:
        return read(int16_t());
    default:
        return read(int32_t());
    }
}

Result<Tensor> dequantized(const schema::Tensor& tensor, const Shape& shape, std::span<const std::byte> bytes)
{
    const schema::QuantizationParameters& quantization = *tensor.quantization();
    const bool is_per_channel = quantization.scale()->size() > 1;
    const int axis = is_per_channel ? quantization.quantized_dimension() : 0;
    if (axis < 0 || (is_per_channel && size_t(axis) >= shape.rank()))
        return invalid("there is no axis " + std::to_string(axis) + " for scales in shape " + to_string(shape));
    const size_t channels = is_per_channel ? size_t(shape[size_t(axis)]) : 1;
    VKSEG_TRY(check_quantization(tensor, channels));
    size_t inner = 1; // values of a channel that follow each other
    for (size_t i = size_t(axis) + 1; i < shape.rank(); ++i)
        inner *= size_t(shape[i]);
    std::vector<float> values(size_t(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i)
    {
        const size_t channel = is_per_channel ? i / inner % channels : 0;
        const int64_t stored = integer_at(bytes, i, tensor.type()) - zero_point_of(quantization, channel);
        values[i] = float(double(stored) * quantization.scale()->Get(flatbuffers::uoffset_t(channel)));
    }
    return Tensor::from(shape, std::move(values));
}

} // namespace

Result<DType> stored_type(const schema::Tensor& tensor)
{
    const std::optional<DType> type = known_type(tensor.type());
    if (type)
        return *type;
    const char* const type_name = schema::EnumNameTensorType(tensor.type());
    if (*type_name == '\0')
        return invalid("element type " + std::to_string(int(tensor.type())) + " does not exist");
    return Status(StatusCode::unsupported, std::string("element type ") + type_name + " is not supported");
}

Result<DType> data_type(const schema::Tensor& tensor)
{
    return is_quantized(tensor) ? DType::f32 : stored_type(tensor);
}

bool has_rank(const schema::Tensor& tensor)
{
    return tensor.has_rank() || (tensor.shape() != nullptr && tensor.shape()->size() > 0);
}

Result<Shape> declared_shape(const schema::Tensor& tensor)
{
    const auto* const shape = tensor.shape();
    const auto* const signature = tensor.shape_signature();
    const size_t rank = shape == nullptr ? 0 : shape->size();
    const auto* const extents = signature != nullptr && signature->size() == rank ? signature : shape;
    std::vector<int64_t> wide;
    for (size_t i = 0; i < rank; ++i)
        wide.push_back(extents->Get(flatbuffers::uoffset_t(i)));
    return checked_shape(wide);
}

bool is_quantized(const schema::Tensor& tensor)
{
    const schema::QuantizationParameters* const quantization = tensor.quantization();
    return quantization != nullptr && quantization->scale() != nullptr && quantization->scale()->size() > 0 &&
           may_be_quantized(tensor.type());
}

Result<Quantization> quantization_of(const schema::Tensor& tensor)
{
    VKSEG_TRY(check_quantization(tensor, 1));
    if (tensor.type() == TensorType::INT32)
        return Status(StatusCode::unsupported, "quantised values of type INT32 are only supported as constants");
    const IntegerRange range = range_of(tensor.type());
    const Quantization result = {.scale = tensor.quantization()->scale()->Get(0),
                                 .zero_point = zero_point_of(*tensor.quantization(), 0),
                                 .min = range.min,
                                 .max = range.max};
    return result;
}

bool TensorReader::is_constant(const schema::Tensor& tensor) const
{
    const auto* const buffers = model_.buffers();
    if (buffers == nullptr || tensor.buffer() == 0 || tensor.buffer() >= buffers->size())
        return false;
    const schema::Buffer& buffer = *buffers->Get(tensor.buffer());
    return (buffer.data() != nullptr && buffer.data()->size() > 0) || buffer.offset() > 1;
}

size_t TensorReader::stored_size(const schema::Tensor& tensor) const
{
    const schema::Buffer& buffer = *model_.buffers()->Get(tensor.buffer());
    return buffer.data() != nullptr && buffer.data()->size() > 0
               ? buffer.data()->size()
               : size_t(std::min<uint64_t>(buffer.size(), file_.bytes.size()));
}

Result<FileBytes> TensorReader::bytes_of(const schema::Buffer& buffer) const
{
    if (buffer.data() != nullptr && buffer.data()->size() > 0)
    {
        const auto* const begin = reinterpret_cast<const std::byte*>(buffer.data()->data());
        return file_.part(size_t(begin - file_.bytes.data()), buffer.data()->size());
    }
    const uint64_t size = file_.bytes.size(); // files over 2 GB have the data after the tables
    if (buffer.offset() > size || buffer.size() > size - buffer.offset())
        return invalid(std::to_string(buffer.size()) + " bytes at offset " + std::to_string(buffer.offset()) +
                       " reach past the end of the file, which has " + std::to_string(size) + " bytes");
    return file_.part(size_t(buffer.offset()), size_t(buffer.size()));
}

Result<Tensor> TensorReader::read(const schema::Tensor& tensor) const
{
    if (tensor.sparsity() != nullptr)
        return Status(StatusCode::unsupported, "sparse constants are not supported");
    if (!is_quantized(tensor))
        VKSEG_TRY(stored_type(tensor).status());
    const auto* const extents = tensor.shape();
    std::vector<int64_t> wide;
    for (size_t i = 0; extents != nullptr && i < extents->size(); ++i)
        wide.push_back(extents->Get(flatbuffers::uoffset_t(i)));
    VKSEG_ASSIGN(const Shape shape, checked_shape(wide));
    if (!shape.is_known())
        return invalid("a constant has an unknown extent");
    VKSEG_ASSIGN(FileBytes data, bytes_of(*model_.buffers()->Get(tensor.buffer())));
    const size_t needed = size_t(shape.elements()) * stored_bytes(tensor.type());
    if (data.bytes.size() != needed)
        return invalid("shape " + to_string(shape) + " of " + schema::EnumNameTensorType(tensor.type()) + " needs " +
                       std::to_string(needed) + " bytes of data, got " + std::to_string(data.bytes.size()));
    if (is_quantized(tensor))
        return dequantized(tensor, shape, data.bytes);
    const DType type = *known_type(tensor.type());
    const auto is_boolean = [](std::byte value) { return value <= std::byte(1); };
    if (type == DType::boolean && !std::all_of(data.bytes.begin(), data.bytes.end(), is_boolean))
        return invalid("a value of type BOOL is neither 0 nor 1");
    return Tensor(type, shape, data.bytes, std::move(data.owner));
}

Tensor permuted(const Tensor& tensor, std::span<const size_t> permutation)
{
    const size_t rank = permutation.size();
    const size_t element_bytes = size_bytes(tensor.type());
    std::vector<size_t> strides(rank, 1); // of the source, by its axes
    for (size_t axis = rank; axis-- > 1;)
        strides[axis - 1] = strides[axis] * size_t(tensor.shape()[axis]);
    Shape shape = tensor.shape();
    for (size_t axis = 0; axis < rank; ++axis)
        shape[axis] = tensor.shape()[permutation[axis]];
    std::vector<std::byte> bytes(tensor.bytes().size());
    std::vector<int64_t> place(rank);
    for (size_t to = 0; to < bytes.size(); to += element_bytes)
    {
        size_t from = 0;
        for (size_t axis = 0; axis < rank; ++axis)
            from += size_t(place[axis]) * strides[permutation[axis]];
        std::memcpy(bytes.data() + to, tensor.bytes().data() + from * element_bytes, element_bytes);
        for (size_t axis = rank; axis-- > 0 && ++place[axis] == shape[axis];)
            place[axis] = 0;
    }
    return Tensor::from_bytes(tensor.type(), shape, std::move(bytes));
}

} // namespace vkseg::tflite
