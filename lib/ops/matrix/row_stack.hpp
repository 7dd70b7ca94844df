#pragma once

#include "ops/convolution/convolution.hpp"

/// Matrices as pictures: the kernels of pointwise convolutions multiply matrices, too.
namespace vkseg {

/// Matrices whose rows begin at whole elements of four values. A row is a pixel, and its values are the channels.
struct RowStack
{
    Binding binding;
    Storage storage = Storage::f32;
    size_t buffer_bytes = 0;
    int64_t entries = 1; ///< matrices
    int64_t rows = 1;    ///< rows of each matrix
    int64_t columns = 1;
    int64_t offset = 0;      ///< first row, in elements, as the pitches
    int64_t row_pitch = 0;   ///< from row to row
    int64_t entry_pitch = 0; ///< from matrix to matrix; 0: all are the same

    /// Pictures of one column.
    Operand pixels() const;
};

/// Chooses the kernels that multiply the rows of x by matrices with as many columns as y.
Result<ConvolutionPlan> choose_row_product(const PlanRequest& request, const RowStack& x, const RowStack& y);

/// Adds the launches that multiply the rows of x by the packed matrices of `shared`, which begin at `weights_begin`
/// (in elements), `weights_pitch` apart for each entry.
Status add_row_product(Plan& plan, const PlanRequest& request, const RowStack& x, const RowStack& y,
                       const ConvolutionPlan& shared, int64_t weights_begin, int64_t weights_pitch);

} // namespace vkseg
