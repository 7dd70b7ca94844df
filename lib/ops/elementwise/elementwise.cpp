#include "ops/elementwise/elementwise.hpp"

#include "base/try.hpp"
#include "elementwise/elementwise.h"

#include <algorithm>

namespace vkseg {

Result<Shape> broadcast(const Shape& a, const Shape& b)
{
    Shape shape;
    const size_t rank = std::max(a.rank(), b.rank());
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const int64_t extent_a = axis + a.rank() >= rank ? a[axis + a.rank() - rank] : 1;
        const int64_t extent_b = axis + b.rank() >= rank ? b[axis + b.rank() - rank] : 1;
        if (extent_a != extent_b && extent_a != 1 && extent_b != 1)
            return Status(StatusCode::invalid_model, "operands " + to_string(a) + " and " + to_string(b) +
                                                         " do not broadcast: extents " + std::to_string(extent_a) +
                                                         " and " + std::to_string(extent_b) +
                                                         " are neither equal nor 1");
        shape.append(extent_a == 1 ? extent_b : extent_a);
    }
    return shape;
}

bool is_integer(DType type)
{
    return !is_float(type) && type != DType::boolean;
}

Result<DType> common_type(DType a, DType b)
{
    if (a == b)
        return a;
    if (is_float(a) && is_float(b))
        return DType::f32;
    if (is_integer(a) && is_integer(b))
        return DType::i64;
    return Status(StatusCode::invalid_model,
                  std::string("operands must be both floats, both integers or both bool, got ") + name(a) + " and " +
                      name(b));
}

uint32_t narrowing(DType type)
{
    switch (type)
    {
    case DType::u8:
        return contract::narrow_u8;
    case DType::i8:
        return contract::narrow_i8;
    case DType::boolean:
        return contract::narrow_boolean;
    default:
        return contract::narrow_none;
    }
}

bool is_blocked_broadcast(Inputs inputs)
{
    size_t rank = 0;
    for (const TensorInfo& info : inputs)
        rank = std::max(rank, info.is_present ? info.shape.rank() : 0);
    if (rank != 5)
        return true;
    const auto extent = [](const Shape& shape, size_t from_end)
    { return shape.rank() >= from_end ? shape[shape.rank() - from_end] : 1; };
    int64_t depth = 1;
    int64_t height = 1;
    for (const TensorInfo& info : inputs)
    {
        depth = std::max(depth, info.is_present ? extent(info.shape, 3) : 1);
        height = std::max(height, info.is_present ? extent(info.shape, 2) : 1);
    }
    // Rows run over depth and height with one pitch: an operand has all of them or one.
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](const TensorInfo& info)
                       {
                           if (!info.is_present)
                               return true;
                           const int64_t d = extent(info.shape, 3);
                           const int64_t h = extent(info.shape, 2);
                           return (d == depth && h == height) || (d == 1 && h == 1);
                       });
}

} // namespace vkseg
