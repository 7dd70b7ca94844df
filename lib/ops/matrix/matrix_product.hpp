#pragma once

#include "ops/plan.hpp"

/// The matrix product kernel, for MatMul and Gemm.
namespace vkseg {

/// A row-major matrix in a linear tensor, or a stack of them.
struct MatrixOperand
{
    const Operand* operand = nullptr;
    Binding binding;
    int64_t rows = 1;    ///< rows in memory, before transposition
    int64_t columns = 1; ///< columns in memory, before transposition
    bool is_transposed = false;
    std::array<int64_t, 4> batch = {1, 1, 1, 1}; ///< extents of the stack; 1 where it is broadcast

    int64_t all_rows() const { return batch[0] * batch[1] * batch[2] * batch[3] * rows; }
};

/// y = alpha · a · b + beta · c.
struct MatrixProduct
{
    MatrixOperand a;
    MatrixOperand b;
    MatrixOperand y;
    const Operand* c = nullptr;
    Binding c_binding = {};
    int64_t c_row_stride = 0; ///< 0 where c is broadcast
    int64_t c_column_stride = 0;
    float alpha = 1;
    float beta = 1;
};

Result<Plan> plan_matrix_product(const MatrixProduct& product, const PlanRequest& request);

} // namespace vkseg
