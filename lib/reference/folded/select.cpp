#include "reference/folded/select.hpp"

#include <cstring>

namespace vkseg::reference {

std::vector<int64_t> strides_of(const Shape& shape)
{
    std::vector<int64_t> strides(shape.rank());
    int64_t stride = 1;
    for (size_t axis = shape.rank(); axis-- > 0;)
    {
        strides[axis] = stride;
        stride *= shape[axis];
    }
    return strides;
}

std::vector<int64_t> progression(int64_t count, int64_t step, int64_t begin)
{
    std::vector<int64_t> values;
    values.reserve(size_t(count));
    for (int64_t i = 0; i < count; ++i)
        values.push_back(begin + i * step);
    return values;
}

Tensor select(const Tensor& source, const Shape& shape, const Offsets& offsets, std::span<const std::byte> fill)
{
    assert(offsets.size() == shape.rank());
    const size_t size = size_bytes(source.type());
    std::vector<std::byte> result(size_t(shape.elements()) * size);
    if (result.empty())
        return Tensor::from_bytes(source.type(), shape, std::move(result));

    const std::vector<int64_t> scalar = {0};
    const std::vector<int64_t>& innermost = offsets.empty() ? scalar : offsets.back();
    const size_t outer_axes = offsets.empty() ? 0 : offsets.size() - 1;
    const size_t row_bytes = innermost.size() * size;
    const bool is_run = innermost == progression(int64_t(innermost.size()), 1, innermost[0]) && innermost[0] >= 0;

    std::array<size_t, Shape::max_rank> place = {};
    for (std::byte* row = result.data(); row != result.data() + result.size(); row += row_bytes)
    {
        int64_t base = 0;
        bool is_outside = false;
        for (size_t axis = 0; axis < outer_axes; ++axis)
        {
            const int64_t offset = offsets[axis][place[axis]];
            is_outside = is_outside || offset == outside;
            base += offset;
        }
        if (!is_outside && is_run)
            std::memcpy(row, source.bytes().data() + size_t(base + innermost[0]) * size, row_bytes);
        for (size_t i = 0; i < innermost.size() && (is_outside || !is_run); ++i)
        {
            if (!is_outside && innermost[i] != outside)
                std::memcpy(row + i * size, source.bytes().data() + size_t(base + innermost[i]) * size, size);
            else if (!fill.empty())
                std::memcpy(row + i * size, fill.data(), size);
        }
        for (size_t axis = outer_axes; axis-- > 0;)
        {
            if (++place[axis] < offsets[axis].size())
                break;
            place[axis] = 0;
        }
    }
    return Tensor::from_bytes(source.type(), shape, std::move(result));
}

Tensor taken(const Tensor& source, const Shape& shape, const std::vector<int64_t>& places)
{
    return select(source, {int64_t(places.size())}, {places}).reshaped(shape);
}

Result<int64_t> index_from_front(int64_t index, int64_t extent)
{
    if (index < -extent || index >= extent)
        return Status(StatusCode::invalid_argument, "indices must lie within an extent of " + std::to_string(extent) +
                                                        ", got " + std::to_string(index));
    return index < 0 ? index + extent : index;
}

} // namespace vkseg::reference
