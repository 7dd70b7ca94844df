#include "base/try.hpp"
#include "ops/matrix/matrix_product.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

struct GemmExtents
{
    int64_t rows = 1;
    int64_t depth = 1;
    int64_t columns = 1;
};

Result<GemmExtents> extents_of(const Gemm& op, const Shape& a, const Shape& b)
{
    if (a.rank() != 2 || b.rank() != 2)
        return Status(StatusCode::invalid_model,
                      "a and b must be matrices, got " + to_string(a) + " and " + to_string(b));
    const GemmExtents extents = {
        .rows = a[op.transpose_a ? 1 : 0], .depth = a[op.transpose_a ? 0 : 1], .columns = b[op.transpose_b ? 0 : 1]};
    if (extents.depth != b[op.transpose_b ? 1 : 0])
        return Status(StatusCode::invalid_model, "columns of a must be as many as rows of b, got " + to_string(a) +
                                                     (op.transpose_a ? " transposed" : "") + " and " + to_string(b) +
                                                     (op.transpose_b ? " transposed" : ""));
    return extents;
}

/// The shape of c as a matrix, each extent that of the output or 1.
Result<Shape> addend_shape(const Shape& c, const GemmExtents& extents)
{
    const size_t rank = c.rank();
    const Shape matrix = {rank >= 2 ? c[rank - 2] : 1, rank >= 1 ? c[rank - 1] : 1};
    const bool fits =
        rank <= 2 && (matrix[0] == 1 || matrix[0] == extents.rows) && (matrix[1] == 1 || matrix[1] == extents.columns);
    if (!fits)
        return Status(StatusCode::invalid_model,
                      "c must broadcast to " + to_string({extents.rows, extents.columns}) + ", got " + to_string(c));
    return matrix;
}

} // namespace

Signature signature(const Gemm&)
{
    return {.name = "Gemm", .min_inputs = 2, .max_inputs = 3, .data_inputs = 3};
}

Result<Outputs> infer(const Gemm& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    for (const TensorInfo& info : inputs)
    {
        if (!info.is_present)
            continue;
        if (!is_float(info.type))
            return Status(StatusCode::unsupported, std::string("matrices must be of floats, got ") + name(info.type));
        VKSEG_TRY(check_extents(info.shape));
    }
    VKSEG_ASSIGN(const GemmExtents extents, extents_of(op, inputs[0].shape, inputs[1].shape));
    if (is_given(inputs, 2))
        VKSEG_TRY(addend_shape(inputs[2].shape, extents).status());
    return single_output(inputs[0].type, {extents.rows, extents.columns});
}

LayoutRule layout_rule(const Gemm&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const Gemm& op, const PlanRequest& request)
{
    const Operand& a = request.inputs[0];
    const Operand& b = request.inputs[1];
    VKSEG_ASSIGN(const GemmExtents extents, extents_of(op, a.shape, b.shape));
    MatrixProduct matrices = {
        .a = {.operand = &a,
              .binding = input(0),
              .rows = a.shape[0],
              .columns = a.shape[1],
              .is_transposed = op.transpose_a},
        .b = {.operand = &b,
              .binding = input(1),
              .rows = b.shape[0],
              .columns = b.shape[1],
              .is_transposed = op.transpose_b},
        .y = {.operand = &request.outputs[0], .binding = output(), .rows = extents.rows, .columns = extents.columns},
        .alpha = op.alpha,
        .beta = op.beta,
    };
    const bool has_addend = request.inputs.size() > 2 && request.inputs[2].is_present && op.beta != 0;
    if (has_addend)
    {
        const Operand& c = request.inputs[2];
        VKSEG_ASSIGN(const Shape shape, addend_shape(c.shape, extents));
        matrices.c = &c;
        matrices.c_binding = input(2);
        matrices.c_row_stride = shape[0] == 1 ? 0 : shape[1];
        matrices.c_column_stride = shape[1] == 1 ? 0 : 1;
    }
    return plan_matrix_product(matrices, request);
}

int64_t multiply_adds(const Gemm& op, Inputs inputs, const Outputs&)
{
    const Result<GemmExtents> extents = extents_of(op, inputs[0].shape, inputs[1].shape);
    return extents.is_ok() ? extents->rows * extents->depth * extents->columns : 0;
}

} // namespace vkseg
