#include "base/try.hpp"
#include "ops/matrix/matrix_product.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace vkseg {
namespace {

/// Extents of the axes before the matrices, aligned to the right.
using BatchExtents = std::array<int64_t, Shape::max_rank - 2>;
constexpr BatchExtents no_batch = {1, 1, 1, 1, 1, 1};

/// The product as a stack of [rows, depth] · [depth, columns].
struct BatchedExtents
{
    int64_t rows = 1;
    int64_t depth = 1;
    int64_t columns = 1;
    BatchExtents a_batch = no_batch;
    BatchExtents b_batch = no_batch;
    BatchExtents batch = no_batch;
    Shape output = {};
};

BatchExtents batch_of(const Shape& shape)
{
    BatchExtents batch = no_batch;
    for (size_t axis = 0; axis + 2 < shape.rank(); ++axis)
        batch[axis + Shape::max_rank - shape.rank()] = shape[axis];
    return batch;
}

Result<BatchedExtents> extents_of(const Shape& a, const Shape& b)
{
    const auto mismatch = [&](const char* expected) {
        return Status(StatusCode::invalid_model,
                      std::string(expected) + ", got " + to_string(a) + " and " + to_string(b));
    };
    if (a.rank() == 0 || b.rank() == 0)
        return mismatch("matrices must have at least one axis");
    BatchedExtents extents = {.rows = a.rank() == 1 ? 1 : a[a.rank() - 2],
                              .depth = a.back(),
                              .columns = b.rank() == 1 ? 1 : b.back(),
                              .a_batch = batch_of(a),
                              .b_batch = batch_of(b)};
    if (extents.depth != (b.rank() == 1 ? b[0] : b[b.rank() - 2]))
        return mismatch("columns of the left matrix must be as many as rows of the right one");

    const size_t batch_rank = std::max({a.rank(), b.rank(), size_t(2)}) - 2;
    for (size_t axis = 0; axis < extents.batch.size(); ++axis)
    {
        const int64_t from_a = extents.a_batch[axis];
        const int64_t from_b = extents.b_batch[axis];
        if (from_a != from_b && from_a != 1 && from_b != 1)
            return mismatch("the axes before the matrices must be equal or 1");
        extents.batch[axis] = from_a == 1 ? from_b : from_a;
        if (axis + batch_rank >= extents.batch.size())
            extents.output.append(extents.batch[axis]);
    }
    if (a.rank() > 1)
        extents.output.append(extents.rows);
    if (b.rank() > 1)
        extents.output.append(extents.columns);
    return extents;
}

int64_t product(const BatchExtents& extents)
{
    return std::accumulate(extents.begin(), extents.end(), int64_t(1), std::multiplies());
}

/// The four axes that the kernel takes; there are no more (runtime/limit_ranks.cpp).
std::array<int64_t, 4> last_axes(const BatchExtents& extents)
{
    assert(extents[0] * extents[1] == 1);
    return {extents[2], extents[3], extents[4], extents[5]};
}

} // namespace

Signature signature(const MatMul& op)
{
    return {.name = "MatMul", .min_inputs = 2, .max_inputs = 2, .data_inputs = 2, .is_f32 = op.max_exact_depth > 0};
}

Result<Outputs> infer(const MatMul&, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    for (const TensorInfo& info : inputs.first(2))
    {
        if (!is_float(info.type))
            return Status(StatusCode::unsupported, std::string("matrices must be of floats, got ") + name(info.type));
        VKSEG_TRY(check_extents(info.shape));
    }
    VKSEG_ASSIGN(const BatchedExtents extents, extents_of(inputs[0].shape, inputs[1].shape));
    return single_output(inputs[0].type, extents.output);
}

LayoutRule layout_rule(const MatMul&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const MatMul&, const PlanRequest& request)
{
    const Operand& a = request.inputs[0];
    const Operand& b = request.inputs[1];
    VKSEG_ASSIGN(BatchedExtents extents, extents_of(a.shape, b.shape));
    // One matrix on the right for all on the left: those form one tall matrix.
    if (product(extents.b_batch) == 1)
    {
        extents.rows *= product(extents.a_batch);
        extents.a_batch = extents.batch = no_batch;
    }
    MatrixProduct matrices = {
        .a = {.operand = &a,
              .binding = input(0),
              .rows = extents.rows,
              .columns = extents.depth,
              .batch = last_axes(extents.a_batch)},
        .b = {.operand = &b,
              .binding = input(1),
              .rows = extents.depth,
              .columns = extents.columns,
              .batch = last_axes(extents.b_batch)},
        .y = {.operand = &request.outputs[0],
              .binding = output(),
              .rows = extents.rows,
              .columns = extents.columns,
              .batch = last_axes(extents.batch)},
    };
    // A matrix of one column is stored like a row.
    if (extents.columns == 1)
    {
        std::swap(matrices.b.rows, matrices.b.columns);
        matrices.b.is_transposed = true;
    }
    return plan_matrix_product(matrices, request);
}

int64_t multiply_adds(const MatMul&, Inputs inputs, const Outputs&)
{
    const Result<BatchedExtents> extents = extents_of(inputs[0].shape, inputs[1].shape);
    return extents.is_ok() ? product(extents->batch) * extents->rows * extents->columns * extents->depth : 0;
}

} // namespace vkseg
