#pragma once

#include "ops/plan.hpp"
#include "vkseg/operators.hpp"

namespace vkseg {

/// Pictures of up to so many pixels are filtered pair by pair where the filter is chosen automatically.
constexpr int64_t most_exact_pixels = 4096;

/// Whether every pair of pixels is visited, for unary potentials of this shape.
bool is_exact(const DenseCrf& op, const Shape& unary);

/// Where the parts of the table of constants begin (shaders/dense_crf.h), in elements.
struct CrfTable
{
    int radius = 0; ///< of the spatial filter
    int scales_y = 0;
    int scales_x = 0;
    int matrices = 0;
    int elements = 0;
};

CrfTable crf_table(const DenseCrf& op, const Shape& unary, bool has_matrices);

} // namespace vkseg
