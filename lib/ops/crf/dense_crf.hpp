#pragma once

#include "ops/plan.hpp"
#include "vkseg/operators.hpp"

namespace vkseg {

/// Maximum number of pixels of a picture that is filtered pair by pair if the filter is chosen automatically.
constexpr int64_t max_exact_pixels = 4096;

/// True if every pair of pixels is visited, for unary potentials of this shape.
bool is_exact(const DenseCrf& op, const Shape& unary);

/// Start of each part of the table of constants (shaders/crf/dense_crf.h), in elements.
struct CrfTable
{
    int radius = 0; ///< radius of the spatial filter
    int scales_y = 0;
    int scales_x = 0;
    int matrices = 0;
    int elements = 0;
};

CrfTable crf_table(const DenseCrf& op, const Shape& unary, bool has_matrices);

} // namespace vkseg
