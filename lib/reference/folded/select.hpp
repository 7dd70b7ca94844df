#pragma once

#include "vkseg/status.hpp"
#include "vkseg/tensor.hpp"

namespace vkseg::reference {

/// Offset in the source for every index along every axis of a result; `outside` if the index is not in the source.
using Offsets = std::vector<std::vector<int64_t>>;
constexpr int64_t outside = -1;

/// Row-major stride of each axis.
std::vector<int64_t> strides_of(const Shape& shape);

/// Returns the `count` values begin, begin + step, …
std::vector<int64_t> progression(int64_t count, int64_t step, int64_t begin = 0);

/// Copies value offsets[0][i] + offsets[1][j] + … of the source to value (i, j, …) of the result, as bytes of any type.
/// Values whose offset is `outside` along any axis become `fill`, the bytes of one value, or zeros.
Tensor select(const Tensor& source, const Shape& shape, const Offsets& offsets, std::span<const std::byte> fill = {});

/// The values of `source` at these places in row-major order.
Tensor taken(const Tensor& source, const Shape& shape, const std::vector<int64_t>& places);

/// The index without counting from the end; fails if it lies outside of the extent.
Result<int64_t> index_from_front(int64_t index, int64_t extent);

} // namespace vkseg::reference
