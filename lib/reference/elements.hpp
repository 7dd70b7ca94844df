#pragma once

#include "vkseg/tensor.hpp"

#include <limits>

/// Helpers shared by the elementwise references.
namespace vkseg::reference {

/// Walks an output `y` in row-major order and gives the index of the value of `x`, which broadcasts to y, at each step.
class BroadcastWalk
{
public:
    BroadcastWalk(const Shape& x, const Shape& y) : y_(y)
    {
        int64_t stride = 1;
        for (size_t i = 1; i <= x.rank(); ++i)
        {
            const int64_t extent = x[x.rank() - i];
            strides_[y.rank() - i] = extent == 1 ? 0 : stride;
            stride *= extent;
        }
    }

    size_t index() const { return size_t(index_); }

    void advance()
    {
        for (size_t axis = y_.rank(); axis-- > 0;)
        {
            index_ += strides_[axis];
            if (++coordinates_[axis] < y_[axis])
                return;
            index_ -= strides_[axis] * y_[axis];
            coordinates_[axis] = 0;
        }
    }

private:
    Shape y_;
    std::array<int64_t, Shape::max_rank> strides_ = {};
    std::array<int64_t, Shape::max_rank> coordinates_ = {};
    int64_t index_ = 0;
};

/// Wraps `value` to the width of an integer type; for booleans, returns 1 if it is not 0.
inline int64_t wrapped(int64_t value, DType type)
{
    switch (type)
    {
    case DType::u8:
        return uint8_t(value);
    case DType::i8:
        return int8_t(value);
    case DType::i32:
        return int32_t(value);
    case DType::boolean:
        return value != 0;
    default:
        return value;
    }
}

/// Makes a tensor of integers of the declared type in the reference's storage: i64 or boolean.
inline Tensor integers_of(DType type, const Shape& shape, std::vector<int64_t> values)
{
    if (type != DType::boolean)
    {
        for (int64_t& value : values)
            value = wrapped(value, type);
        return Tensor::from_integers(shape, std::move(values));
    }
    std::vector<std::byte> bytes(values.size());
    for (size_t i = 0; i < values.size(); ++i)
        bytes[i] = std::byte(values[i] != 0);
    return Tensor::from_bytes(DType::boolean, shape, std::move(bytes));
}

} // namespace vkseg::reference
