#pragma once

#include "vkseg/tensor.hpp"

namespace vkseg::reference {

/// For every place along every axis of a result, what it adds to the index of the source; `outside` is not in it.
using Offsets = std::vector<std::vector<int64_t>>;
constexpr int64_t outside = -1;

/// Row-major distances between neighbours along each axis.
std::vector<int64_t> strides_of(const Shape& shape);

/// begin, begin + step, … : `count` of them.
std::vector<int64_t> progression(int64_t count, int64_t step, int64_t begin = 0);

/// Value (i, j, …) of the result is value offsets[0][i] + offsets[1][j] + … of the source, whatever its type: bytes are
/// moved. Places that are outside along any axis take `fill`, the bytes of one value, or zeros.
Tensor select(const Tensor& source, const Shape& shape, const Offsets& offsets, std::span<const std::byte> fill = {});

} // namespace vkseg::reference
