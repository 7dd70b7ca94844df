#include "vkseg/tensor.hpp"

#include "base/half.hpp"

#include <cstring>

namespace vkseg {

size_t size_bytes(DType type)
{
    switch (type)
    {
    case DType::f64:
    case DType::i64:
        return 8;
    case DType::f32:
    case DType::i32:
        return 4;
    case DType::f16:
    case DType::bf16:
        return 2;
    case DType::u8:
    case DType::i8:
    case DType::boolean:
        return 1;
    }
    return 0;
}

const char* name(DType type)
{
    switch (type)
    {
    case DType::f32:
        return "f32";
    case DType::f16:
        return "f16";
    case DType::bf16:
        return "bf16";
    case DType::f64:
        return "f64";
    case DType::u8:
        return "u8";
    case DType::i8:
        return "i8";
    case DType::i32:
        return "i32";
    case DType::i64:
        return "i64";
    case DType::boolean:
        return "bool";
    }
    return "?";
}

bool is_float(DType type)
{
    return type == DType::f32 || type == DType::f16 || type == DType::bf16 || type == DType::f64;
}

Shape::Shape(std::span<const int64_t> extents)
{
    assert(extents.size() <= max_rank);
    for (const int64_t extent : extents)
        append(extent);
}

void Shape::append(int64_t extent)
{
    assert(rank_ < max_rank);
    extents_[rank_++] = extent;
}

bool Shape::is_known() const
{
    for (const int64_t extent : *this)
    {
        if (extent < 0)
            return false;
    }
    return true;
}

int64_t Shape::elements() const
{
    assert(is_known());
    int64_t product = 1;
    for (const int64_t extent : *this)
        product *= extent;
    return product;
}

std::string to_string(const Shape& shape)
{
    if (shape.rank() == 0)
        return "scalar";
    std::string text;
    for (const int64_t extent : shape)
    {
        if (!text.empty())
            text += 'x';
        text += extent < 0 ? "?" : std::to_string(extent);
    }
    return text;
}

Tensor::Tensor(DType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
    : type_(type), shape_(shape), bytes_(bytes), owner_(std::move(owner))
{
    assert(bytes_.size() == size_t(shape_.elements()) * size_bytes(type_));
}

namespace {

template <class T>
Tensor owning(DType type, Shape shape, std::vector<T> values)
{
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    const std::span<const std::byte> bytes = std::as_bytes(std::span(*owner));
    return Tensor(type, shape, bytes, std::move(owner));
}

/// Converts values of any type to T, one at a time, without assuming alignment.
template <class T, class Convert>
std::vector<T> convert(const Tensor& tensor, Convert&& to)
{
    const size_t count = size_t(tensor.elements());
    std::vector<T> values(count);
    const std::byte* bytes = tensor.bytes().data();
    const auto read = [&]<class Stored>(Stored)
    {
        for (size_t i = 0; i < count; ++i)
        {
            Stored stored;
            std::memcpy(&stored, bytes + i * sizeof(Stored), sizeof(Stored));
            values[i] = to(stored);
        }
    };
    switch (tensor.type())
    {
    case DType::f32:
        read(float());
        break;
    case DType::f64:
        read(double());
        break;
    case DType::f16:
        read(Half());
        break;
    case DType::bf16:
        read(BFloat16());
        break;
    case DType::u8:
    case DType::boolean:
        read(uint8_t());
        break;
    case DType::i8:
        read(int8_t());
        break;
    case DType::i32:
        read(int32_t());
        break;
    case DType::i64:
        read(int64_t());
        break;
    }
    return values;
}

/// Truncates towards zero. Values out of range become the nearest integer in range; NaN becomes 0.
int64_t truncate(double value)
{
    if (!(value == value))
        return 0;
    if (value >= 9223372036854775807.0)
        return INT64_MAX;
    if (value <= -9223372036854775808.0)
        return INT64_MIN;
    return int64_t(value);
}

struct ToFloat
{
    float operator()(Half half) const { return to_float(half); }
    float operator()(BFloat16 value) const { return to_float(value); }
    float operator()(auto value) const { return float(value); }
};

struct ToInteger
{
    int64_t operator()(float value) const { return truncate(value); }
    int64_t operator()(double value) const { return truncate(value); }
    int64_t operator()(Half half) const { return truncate(to_float(half)); }
    int64_t operator()(BFloat16 value) const { return truncate(to_float(value)); }
    int64_t operator()(auto value) const { return int64_t(value); }
};

} // namespace

Tensor Tensor::from(Shape shape, std::vector<float> values)
{
    return owning(DType::f32, shape, std::move(values));
}

Tensor Tensor::from_integers(Shape shape, std::vector<int64_t> values)
{
    return owning(DType::i64, shape, std::move(values));
}

Tensor Tensor::from_bytes(DType type, Shape shape, std::vector<std::byte> bytes)
{
    return owning(type, shape, std::move(bytes));
}

Tensor Tensor::reshaped(Shape shape) const
{
    assert(shape.elements() == elements());
    return Tensor(type_, shape, bytes_, owner_);
}

Tensor Tensor::entries(size_t axis, int64_t begin, int64_t end) const
{
    Shape shape = shape_;
    const int64_t extent = shape[axis];
    assert(begin >= 0 && begin <= end && end <= extent);
    if (end - begin == extent)
        return *this;
    shape[axis] = end - begin;
    size_t outer = 1;
    for (size_t i = 0; i < axis; ++i)
        outer *= size_t(shape[i]);
    const size_t row = bytes_.size() / std::max<size_t>(outer, 1);
    const size_t first = row / size_t(extent) * size_t(begin);
    const size_t kept = row / size_t(extent) * size_t(end - begin);
    if (outer == 1)
        return Tensor(type_, shape, bytes_.subspan(first, kept), owner_);
    std::vector<std::byte> bytes(outer * kept);
    for (size_t i = 0; i < outer && kept > 0; ++i)
        std::memcpy(bytes.data() + i * kept, bytes_.data() + i * row + first, kept);
    return from_bytes(type_, shape, std::move(bytes));
}

std::vector<float> Tensor::to_floats() const
{
    return convert<float>(*this, ToFloat());
}

std::vector<int64_t> Tensor::to_integers() const
{
    return convert<int64_t>(*this, ToInteger());
}

std::span<const float> Tensor::floats() const
{
    assert(type_ == DType::f32 && reinterpret_cast<uintptr_t>(bytes_.data()) % alignof(float) == 0);
    return {reinterpret_cast<const float*>(bytes_.data()), bytes_.size() / sizeof(float)};
}

std::span<const int64_t> Tensor::integers() const
{
    assert(type_ == DType::i64 && reinterpret_cast<uintptr_t>(bytes_.data()) % alignof(int64_t) == 0);
    return {reinterpret_cast<const int64_t*>(bytes_.data()), bytes_.size() / sizeof(int64_t)};
}

} // namespace vkseg
