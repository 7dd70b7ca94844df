#include "ops/matrix/matrix_product.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "matrix/mat_mul.h"
#include "ops/block_shares.hpp"
#include "ops/convolution/computed_weights.hpp"
#include "ops/loop_turns.hpp"
#include "ops/matrix/row_stack.hpp"
#include "ops/movement/copy.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// A matrix whose rows start at whole elements of four values, as the kernel takes them.
struct AlignedMatrix
{
    Binding binding;
    int64_t offset = 0; ///< elements
    int64_t pitch = 0;  ///< elements from row to row
};

/// The values seen as one matrix, in the tensor itself and in scratch memory with aligned rows. A blocked tensor of
/// rank 2 is just that: the columns are its channels.
struct Realignment
{
    Operand tensor;
    Operand aligned;
};

Realignment realignment(const MatrixOperand& matrix)
{
    Operand tensor = *matrix.operand;
    tensor.shape = {matrix.all_rows(), matrix.columns};
    Operand aligned = tensor;
    aligned.layout = Layout::blocked;
    aligned.view = packed_view(tensor.shape, Layout::blocked);
    aligned.buffer_bytes = size_t(aligned.elements4()) * element_bytes(aligned.storage);
    return {.tensor = tensor, .aligned = aligned};
}

bool is_aligned(const MatrixOperand& matrix)
{
    return matrix.columns % 4 == 0 || matrix.all_rows() == 1;
}

AlignedMatrix in_place(const MatrixOperand& matrix)
{
    return {.binding = matrix.binding, .offset = matrix.operand->view.offset, .pitch = div_ceil(matrix.columns, 4)};
}

/// Scratch memory for the matrix with aligned rows.
Result<AlignedMatrix> add_scratch(Plan& plan, const Realignment& realigned, const Limits& limits)
{
    VKSEG_TRY(check_binding("matrix", realigned.aligned, limits));
    plan.scratch_bytes.push_back(realigned.aligned.buffer_bytes);
    return AlignedMatrix{.binding = scratch(uint32_t(plan.scratch_bytes.size() - 1)),
                         .offset = 0,
                         .pitch = realigned.aligned.view.batch_pitch};
}

/// The matrix with aligned rows, after a copy where it has none.
Result<AlignedMatrix> aligned_input(Plan& plan, const MatrixOperand& matrix, const Limits& limits)
{
    if (is_aligned(matrix))
        return in_place(matrix);
    const Realignment realigned = realignment(matrix);
    VKSEG_ASSIGN(const AlignedMatrix aligned, add_scratch(plan, realigned, limits));
    plan.dispatches.push_back(copy(reshape_move(realigned.tensor.shape, realigned.aligned.shape),
                                   {.source = realigned.tensor,
                                    .source_binding = matrix.binding,
                                    .destination = realigned.aligned,
                                    .destination_binding = aligned.binding},
                                   limits));
    return aligned;
}

/// Elements between neighbours along each axis of the stack.
std::array<int64_t, 4> batch_strides(const MatrixOperand& matrix, int64_t pitch)
{
    std::array<int64_t, 4> strides = {};
    int64_t stride = matrix.rows * pitch;
    for (size_t axis = 4; axis-- > 0;)
    {
        strides[axis] = matrix.batch[axis] == 1 ? 0 : stride;
        stride *= matrix.batch[axis];
    }
    return strides;
}

/// Columns of y that one launch computes, from a window of b.
struct ColumnShare
{
    int64_t first = 0;
    int64_t count = 0;
    AlignedMatrix b;
};

constexpr int64_t tile_values = contract::mat_mul_tile_columns * 4;

/// Shares the columns among launches if no binding holds b. Only a transposed matrix can be cut, whose rows are columns
/// of the product; it is refused if not even a tile of them can be bound.
Result<std::vector<ColumnShare>> share_columns(const MatrixProduct& product, const AlignedMatrix& b,
                                               const Limits& limits)
{
    const Operand& whole = *product.b.operand;
    const size_t element = element_bytes(whole.storage);
    const size_t row_bytes = size_t(b.pitch) * element;
    const size_t alignment = limits.storage_buffer_alignment_bytes;
    const size_t range = limits.max_storage_buffer_range_bytes;
    const int64_t columns = product.y.columns;
    const bool can_share = product.b.is_transposed && product.b.all_rows() == product.b.rows && range > alignment;
    const int64_t most = can_share ? int64_t((range - alignment) / row_bytes) / tile_values * tile_values : 0;
    if (whole.buffer_bytes <= range || most == 0)
    {
        VKSEG_TRY(check_binding("right matrix", whole, limits));
        return std::vector<ColumnShare>{{.first = 0, .count = columns, .b = b}};
    }
    VKSEG_TRY(check_launches(div_ceil(columns, most)));
    std::vector<ColumnShare> shares;
    for (int64_t first = 0; first < columns; first += most)
    {
        ColumnShare share = {.first = first, .count = std::min(most, columns - first), .b = b};
        const size_t begin = size_t(b.offset) * element + size_t(first) * row_bytes;
        share.b.binding.offset_bytes = begin / alignment * alignment;
        share.b.binding.size_bytes = begin + size_t(share.count) * row_bytes - share.b.binding.offset_bytes;
        share.b.offset = int64_t((begin - share.b.binding.offset_bytes) / element);
        shares.push_back(share);
    }
    return shares;
}

/// Adds the copy from aligned rows in scratch memory to y, if y does not have aligned rows itself.
void copy_result(Plan& plan, const MatrixOperand& y, const AlignedMatrix& aligned, const Limits& limits)
{
    if (is_aligned(y))
        return;
    const Realignment result = realignment(y);
    plan.dispatches.push_back(copy(reshape_move(result.aligned.shape, result.tensor.shape),
                                   {.source = result.aligned,
                                    .source_binding = aligned.binding,
                                    .destination = result.tensor,
                                    .destination_binding = y.binding},
                                   limits));
}

int64_t count_batches(const MatrixOperand& matrix)
{
    return matrix.all_rows() / matrix.rows;
}

/// True if the stack has either all matrices of the result's stack or a single one for all of them.
bool steps_evenly(const MatrixOperand& matrix, const MatrixOperand& y)
{
    return matrix.batch == y.batch || count_batches(matrix) == 1;
}

/// True if the kernels of pointwise convolutions compute the product faster than mat_mul.comp, although the right
/// matrices are packed first.
bool suits_convolution(const MatrixProduct& product, const Limits& limits)
{
    constexpr int64_t min_rows = 8; // with fewer, packing and idle pixels of a tile cost more
    const size_t packed_bytes = size_t(count_batches(product.b)) * size_t(round_up(product.y.columns, 64)) *
                                size_t(round_up(product.a.columns, 4) + 4) * element_bytes(product.b.operand->storage) /
                                4;
    return !product.a.is_transposed && product.alpha == 1 && product.c == nullptr && product.y.rows >= min_rows &&
           product.y.columns > 1 && steps_evenly(product.a, product.y) && steps_evenly(product.b, product.y) &&
           packed_bytes <= limits.max_storage_buffer_range_bytes;
}

RowStack rows_of(const MatrixOperand& matrix, const AlignedMatrix& aligned, int64_t entries)
{
    return {.binding = aligned.binding,
            .storage = matrix.operand->storage,
            .buffer_bytes =
                is_aligned(matrix) ? matrix.operand->buffer_bytes : realignment(matrix).aligned.buffer_bytes,
            .entries = entries,
            .rows = matrix.rows,
            .columns = matrix.columns,
            .offset = aligned.offset,
            .row_pitch = aligned.pitch,
            .entry_pitch = count_batches(matrix) == 1 ? 0 : matrix.rows * aligned.pitch};
}

/// The product as a pointwise convolution of the rows of a, with the columns of b as weights.
Result<Plan> plan_by_convolution(const MatrixProduct& product, const PlanRequest& request)
{
    const Limits& limits = request.limits;
    Plan plan;
    VKSEG_ASSIGN(const AlignedMatrix a, aligned_input(plan, product.a, limits));
    AlignedMatrix y = in_place(product.y);
    if (!is_aligned(product.y))
    {
        VKSEG_ASSIGN(y, add_scratch(plan, realignment(product.y), limits));
    }
    const int64_t entries = count_batches(product.y);
    const RowStack from = rows_of(product.a, a, entries);
    const RowStack to = rows_of(product.y, y, entries);
    VKSEG_ASSIGN(ConvolutionPlan shared, choose_row_product(request, from, to));
    const WeightOrder order = {.channels = shared.channels, .blocks = shared.blocks};
    const int64_t input_stride = product.b.is_transposed ? 1 : product.b.columns;
    const ComputedWeights right = {.binding = product.b.binding,
                                   .offset = int64_t(product.b.operand->view.offset) * 4,
                                   .output_stride = product.b.is_transposed ? product.b.columns : 1,
                                   .block_stride = 4 * input_stride,
                                   .lane_stride = input_stride,
                                   .entries = int(count_batches(product.b)),
                                   .entry_stride = product.b.rows * product.b.columns};
    VKSEG_TRY(add_packing(plan, request, right, order, shared));
    const size_t first = plan.dispatches.size();
    VKSEG_TRY(add_row_product(plan, request, from, to, shared, 0, right.entries > 1 ? order.elements() : 0));
    for (Dispatch& dispatch : std::span(plan.dispatches).subspan(first))
    {
        // Matrices follow each other, and so do those of an entry along axis 0 of the output.
        const auto outermost = int(product.y.operand->shape[0]);
        const bool is_whole = dispatch.batch_span && dispatch.batch_span->count == entries;
        dispatch.batch_span.reset();
        if (is_whole && entries > 1 && entries % outermost == 0)
            dispatch.batch_span = {.first = 0, .count = outermost, .axis = 2};
    }
    copy_result(plan, product.y, y, limits);
    return plan;
}

} // namespace

Result<Plan> plan_matrix_product(const MatrixProduct& product, const PlanRequest& request)
{
    const Limits& limits = request.limits;
    VKSEG_TRY(check_binding("left matrix", *product.a.operand, limits));
    if (!is_aligned(product.b))
        VKSEG_TRY(check_binding("right matrix", *product.b.operand, limits));
    VKSEG_TRY(check_binding("output", *product.y.operand, limits));
    if (product.c != nullptr)
        VKSEG_TRY(check_binding("addend", *product.c, limits));

    const bool is_right_constant = request.infos[1].constant != nullptr; // packed anew in each run
    if (!is_right_constant && suits_convolution(product, limits))
        return plan_by_convolution(product, request);

    const int64_t depth = product.a.is_transposed ? product.a.rows : product.a.columns;
    VKSEG_TRY(check_loop_turns(div_ceil(depth, 4), limits));

    Plan plan;
    VKSEG_ASSIGN(const AlignedMatrix a, aligned_input(plan, product.a, limits));
    VKSEG_ASSIGN(const AlignedMatrix b, aligned_input(plan, product.b, limits));
    VKSEG_ASSIGN(const std::vector<ColumnShare> shares, share_columns(product, b, limits));
    AlignedMatrix y = in_place(product.y);
    if (!is_aligned(product.y))
    {
        VKSEG_ASSIGN(y, add_scratch(plan, realignment(product.y), limits));
    }

    contract::MatMul push = {.batch_extents = {},
                             .a_batch_strides = {},
                             .b_batch_strides = {},
                             .batches = 1,
                             .rows = int(product.y.rows),
                             .columns = int(product.y.columns),
                             .depth = int(depth),
                             .a_offset = int(a.offset),
                             .b_offset = 0, // these three are those of a share
                             .c_offset = 0,
                             .y_offset = 0,
                             .a_pitch = int(a.pitch),
                             .b_pitch = int(b.pitch),
                             .y_pitch = int(y.pitch),
                             .c_row_stride = int(product.c_row_stride),
                             .c_column_stride = int(product.c_column_stride),
                             .alpha = product.alpha,
                             .beta = product.beta};
    const std::array<int64_t, 4> a_strides = batch_strides(product.a, a.pitch);
    const std::array<int64_t, 4> b_strides = batch_strides(product.b, b.pitch);
    for (size_t axis = 0; axis < 4; ++axis)
    {
        push.batch_extents[axis] = int(product.y.batch[axis]);
        push.a_batch_strides[axis] = int(a_strides[axis]);
        push.b_batch_strides[axis] = int(b_strides[axis]);
        push.batches *= int(product.y.batch[axis]);
    }

    Dispatch dispatch;
    dispatch.shader = Shader::mat_mul;
    dispatch.variant = product.y.operand->storage;
    dispatch.specialization = {{contract::mat_mul_transpose_a_id, product.a.is_transposed},
                               {contract::mat_mul_transpose_b_id, product.b.is_transposed},
                               {contract::mat_mul_has_depth_tail_id, depth % 4 != 0},
                               {contract::mat_mul_has_c_id, product.c != nullptr}};
    for (const ColumnShare& share : shares)
    {
        push.columns = int(share.count);
        push.b_offset = int(share.b.offset);
        push.c_offset =
            product.c != nullptr ? int(product.c->view.offset * 4 + share.first * product.c_column_stride) : 0;
        push.y_offset = int(y.offset + share.first / 4);
        dispatch.push_constants = push;
        // Where there is no addend, the left matrix takes its place, unread.
        dispatch.bindings = {y.binding, a.binding, share.b.binding,
                             product.c != nullptr ? product.c_binding : a.binding};
        dispatch.operations = 2.0 * double(push.batches) * push.rows * push.columns * double(depth);
        const int64_t across = div_ceil(share.count, tile_values);
        const int64_t down = div_ceil(product.y.rows, contract::mat_mul_tile_rows);
        set_linear_grid(dispatch, push.batches * across * down, limits);
        if (push.batches == 1) // tiles of rows follow each other, and the rows of an entry along axis 0
            set_linear_span(dispatch, 0, int(product.y.operand->shape[0]));
        plan.dispatches.push_back(dispatch);
    }

    copy_result(plan, product.y, y, limits);
    return plan;
}

} // namespace vkseg
