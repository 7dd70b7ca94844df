#pragma once

#include "ops/plan.hpp"

/// Common parts of the kernel, the reference and the recognition of normalisations that are written out.
namespace vkseg {

/// A tensor as outer × extent × inner values, which are normalised along `extent`.
struct NormalizedRows
{
    int64_t outer = 1;
    int64_t extent = 1;
    int64_t inner = 1;
};

/// Fails unless the axes, those of extent 1 aside, are neighbours.
Result<NormalizedRows> normalized_rows(const Integers& axes, const Shape& x);

/// True if a tensor of this shape broadcasts to `x` and varies along `axes` only.
bool varies_along(const Shape& parameter, const Integers& axes, const Shape& x);

/// The parameter for each of the values that are normalised together; `fallback` if it is null.
std::vector<float> values_along(const Tensor* parameter, float fallback, const Integers& axes, const Shape& x);

} // namespace vkseg
