#include "base/try.hpp"
#include "matrix/attention_softmax.h"
#include "ops/block_shares.hpp"
#include "ops/convolution/computed_weights.hpp"
#include "ops/loop_turns.hpp"
#include "ops/matrix/row_stack.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

constexpr size_t max_entry_axes = 4;

/// Scores that are computed at a time; more would leave caches, fewer would take more launches.
constexpr size_t scores_bytes = 8 << 20;

struct AttentionExtents
{
    std::array<int64_t, max_entry_axes> axes = {1, 1, 1, 1}; ///< extents of the entries, aligned to the right
    int64_t entries = 1;                                     ///< batch entries and heads
    int64_t rows = 1;                                        ///< queries
    int64_t columns = 1;                                     ///< keys
    int64_t depth = 1;                                       ///< values of a query and of a key
    int64_t values = 1;                                      ///< outputs of a query
};

Result<AttentionExtents> attention_extents(const ScaledDotProductAttention& op, Inputs inputs)
{
    const Shape& q = inputs[0].shape;
    const Shape& k = inputs[1].shape;
    const Shape& v = inputs[2].shape;
    const size_t rank = q.rank();
    const auto mismatch = [&](const std::string& expected)
    {
        return Status(StatusCode::invalid_model,
                      expected + ", got q " + to_string(q) + ", k " + to_string(k) + " and v " + to_string(v));
    };
    if (rank < 2 || rank > max_entry_axes + 2 || k.rank() != rank || v.rank() != rank)
        return mismatch("q, k and v must have as many axes, 2 to 6");
    const size_t columns_axis = rank - (op.is_k_transposed ? 1 : 2);
    const size_t depth_axis = rank - (op.is_k_transposed ? 2 : 1);
    AttentionExtents extents = {
        .rows = q[rank - 2], .columns = k[columns_axis], .depth = q[rank - 1], .values = v[rank - 1]};
    for (size_t axis = 0; axis + 2 < rank; ++axis)
    {
        if (k[axis] != q[axis] || v[axis] != q[axis])
            return mismatch("q, k and v must have the same batch axes");
        extents.axes[axis + max_entry_axes + 2 - rank] = q[axis];
        extents.entries *= q[axis];
    }
    if (k[depth_axis] != extents.depth || v[rank - 2] != extents.columns)
        return mismatch("keys must have the length of queries, and there must be a value for each key");
    if (extents.columns == 0 || extents.depth == 0)
        return mismatch("there must be keys, and they must have values");
    return extents;
}

/// Strides of a term along the axes of the entries, the rows and the columns, in values; 0 where it is broadcast.
struct TermStrides
{
    std::array<int, max_entry_axes> entries = {};
    int row = 0;
    int column = 0;
    int offset = 0;
};

TermStrides strides_of_term(const Operand& term)
{
    std::array<int, max_entry_axes + 2> strides = {};
    int64_t stride = 1;
    for (size_t i = 1; i <= term.shape.rank(); ++i)
    {
        const int64_t extent = term.shape[term.shape.rank() - i];
        strides[strides.size() - i] = extent == 1 ? 0 : int(stride);
        stride *= extent;
    }
    TermStrides result = {.row = strides[4], .column = strides[5], .offset = term.view.offset * 4};
    std::copy_n(strides.begin(), max_entry_axes, result.entries.begin());
    return result;
}

/// Entries and rows whose scores are computed at a time: several entries, or some rows of one.
struct AttentionChunk
{
    int64_t entries = 1;
    int64_t rows = 1;
};

AttentionChunk largest_chunk(const AttentionExtents& extents, size_t row_bytes)
{
    const int64_t rows = std::max<int64_t>(1, int64_t(scores_bytes / row_bytes));
    if (rows >= extents.rows)
        return {.entries = std::min(rows / extents.rows, extents.entries), .rows = extents.rows};
    constexpr int64_t whole_groups = 64;
    return {.entries = 1, .rows = rows > whole_groups ? rows / whole_groups * whole_groups : rows};
}

/// Plans the launches of one node.
class AttentionPlanner
{
public:
    AttentionPlanner(const ScaledDotProductAttention& op, const PlanRequest& request, const AttentionExtents& extents)
        : op_(op)
        , request_(request)
        , extents_(extents)
        , pitch_(div_ceil(extents.columns, 4))
        , chunk_(largest_chunk(extents, size_t(pitch_) * element_bytes(request.real)))
    {}

    Result<Plan> plan();

private:
    RowStack rows_of(Binding binding, const Operand& tensor, int64_t entry, int64_t row, const AttentionChunk& chunk);
    RowStack scores(const AttentionChunk& chunk) const;
    Status add_chunk(int64_t entry, int64_t row, const AttentionChunk& chunk);
    Dispatch softmax(int64_t entry, int64_t row, const AttentionChunk& chunk) const;
    WeightOrder order_of(const ConvolutionPlan& product) const;

    const ScaledDotProductAttention& op_;
    const PlanRequest& request_;
    const AttentionExtents& extents_;
    int64_t pitch_ = 0; ///< elements of a row of scores
    AttentionChunk chunk_;
    ConvolutionPlan to_scores_;
    ConvolutionPlan to_output_;
    Plan plan_;
};

WeightOrder AttentionPlanner::order_of(const ConvolutionPlan& product) const
{
    return {.channels = product.channels, .blocks = product.blocks};
}

/// The rows of a chunk in a linear tensor.
RowStack AttentionPlanner::rows_of(Binding binding, const Operand& tensor, int64_t entry, int64_t row,
                                   const AttentionChunk& chunk)
{
    const int64_t columns = tensor.shape.back();
    const int64_t pitch = columns / 4;
    return {.binding = binding,
            .storage = tensor.storage,
            .buffer_bytes = tensor.buffer_bytes,
            .entries = chunk.entries,
            .rows = chunk.rows,
            .columns = columns,
            .offset = tensor.view.offset + (entry * extents_.rows + row) * pitch,
            .row_pitch = pitch,
            .entry_pitch = extents_.rows * pitch};
}

RowStack AttentionPlanner::scores(const AttentionChunk& chunk) const
{
    return {.binding = scratch(0),
            .storage = request_.real,
            .buffer_bytes = plan_.scratch_bytes[0],
            .entries = chunk.entries,
            .rows = chunk.rows,
            .columns = extents_.columns,
            .row_pitch = pitch_,
            .entry_pitch = chunk.rows * pitch_};
}

Dispatch AttentionPlanner::softmax(int64_t entry, int64_t row, const AttentionChunk& chunk) const
{
    contract::AttentionSoftmax push = {.columns = int(extents_.columns),
                                       .pitch = int(pitch_),
                                       .rows = int(chunk.rows),
                                       .entries = int(chunk.entries),
                                       .first_entry = int(entry),
                                       .first_row = int(row)};
    Dispatch dispatch = {.shader = Shader::attention_softmax, .variant = request_.real};
    dispatch.bindings = {scratch(0), scratch(0), scratch(0)}; // every binding needs a buffer, read or not
    TermStrides strides[2];
    int terms = 0;
    for (uint32_t i = 3; i < request_.inputs.size(); ++i)
    {
        if (!request_.inputs[i].is_present)
            continue;
        strides[terms] = strides_of_term(request_.inputs[i]);
        dispatch.bindings[size_t(++terms)] = input(i);
    }
    for (size_t axis = 0; axis < max_entry_axes; ++axis)
    {
        push.entry_extents[axis] = int(extents_.axes[axis]);
        push.a_entry_strides[axis] = strides[0].entries[axis];
        push.b_entry_strides[axis] = strides[1].entries[axis];
    }
    push.a_offset = strides[0].offset;
    push.a_row_stride = strides[0].row;
    push.a_column_stride = strides[0].column;
    push.b_offset = strides[1].offset;
    push.b_row_stride = strides[1].row;
    push.b_column_stride = strides[1].column;
    dispatch.specialization = {{contract::attention_terms_id, terms}};
    dispatch.push_constants = push;
    dispatch.operations = 24.0 * double(chunk.entries * chunk.rows * extents_.columns);
    set_linear_grid(dispatch, chunk.entries * chunk.rows, request_.limits);
    return dispatch;
}

Status AttentionPlanner::add_chunk(int64_t entry, int64_t row, const AttentionChunk& chunk)
{
    const RowStack middle = scores(chunk);
    const auto pitch_of = [&](const ConvolutionPlan& product)
    { return extents_.entries > 1 ? order_of(product).elements() : 0; };
    const RowStack queries = rows_of(input(0), request_.inputs[0], entry, row, chunk);
    VKSEG_TRY(add_row_product(plan_, request_, queries, middle, to_scores_, entry * order_of(to_scores_).elements(),
                              pitch_of(to_scores_)));
    plan_.dispatches.push_back(softmax(entry, row, chunk));
    const RowStack results = rows_of(output(), request_.outputs[0], entry, row, chunk);
    return add_row_product(plan_, request_, middle, results, to_output_, entry * order_of(to_output_).elements(),
                           pitch_of(to_output_));
}

Result<Plan> AttentionPlanner::plan()
{
    const char* const names[] = {"q", "k", "v", "first term", "second term"};
    for (size_t i = 0; i < request_.inputs.size(); ++i)
    {
        if (request_.inputs[i].is_present)
            VKSEG_TRY(check_binding(names[i], request_.inputs[i], request_.limits));
    }
    VKSEG_TRY(check_binding("output", request_.outputs[0], request_.limits));
    VKSEG_TRY(check_loop_turns(pitch_, request_.limits));
    const int64_t chunks = div_ceil(extents_.entries, chunk_.entries) * div_ceil(extents_.rows, chunk_.rows);
    VKSEG_TRY(check_launches(3 * chunks + 2));
    plan_.scratch_bytes = {size_t(chunk_.entries * chunk_.rows * pitch_) * element_bytes(request_.real)};
    VKSEG_TRY(check_scratch("the scores of a row", plan_.scratch_bytes[0], request_.limits));

    const RowStack middle = scores(chunk_);
    VKSEG_ASSIGN(to_scores_, choose_row_product(request_, rows_of(input(0), request_.inputs[0], 0, 0, chunk_), middle));
    VKSEG_ASSIGN(to_output_,
                 choose_row_product(request_, middle, rows_of(output(), request_.outputs[0], 0, 0, chunk_)));
    const int64_t depth_stride = op_.is_k_transposed ? extents_.columns : 1;
    VKSEG_TRY(add_packing(plan_, request_,
                          {.binding = input(1),
                           .offset = int64_t(request_.inputs[1].view.offset) * 4,
                           .output_stride = op_.is_k_transposed ? 1 : extents_.depth,
                           .block_stride = 4 * depth_stride,
                           .lane_stride = depth_stride,
                           .entries = int(extents_.entries),
                           .entry_stride = extents_.columns * extents_.depth,
                           .factor = op_.scale},
                          order_of(to_scores_), to_scores_));
    VKSEG_TRY(add_packing(plan_, request_,
                          {.binding = input(2),
                           .offset = int64_t(request_.inputs[2].view.offset) * 4,
                           .output_stride = 1,
                           .block_stride = 4 * extents_.values,
                           .lane_stride = extents_.values,
                           .entries = int(extents_.entries),
                           .entry_stride = extents_.columns * extents_.values},
                          order_of(to_output_), to_output_));
    for (int64_t entry = 0; entry < extents_.entries; entry += chunk_.entries)
    {
        for (int64_t row = 0; row < extents_.rows; row += chunk_.rows)
            VKSEG_TRY(add_chunk(entry, row,
                                {.entries = std::min(chunk_.entries, extents_.entries - entry),
                                 .rows = std::min(chunk_.rows, extents_.rows - row)}));
    }
    return std::move(plan_);
}

} // namespace

Signature signature(const ScaledDotProductAttention&)
{
    return {.name = "ScaledDotProductAttention", .min_inputs = 3, .max_inputs = 5, .data_inputs = 5};
}

Result<Outputs> infer(const ScaledDotProductAttention& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    VKSEG_ASSIGN(const AttentionExtents extents, attention_extents(op, inputs));
    Shape scores = inputs[0].shape;
    scores[scores.rank() - 1] = extents.columns;
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        if (!inputs[i].is_present)
            continue;
        if (!is_float(inputs[i].type))
            return Status(StatusCode::invalid_model,
                          std::string("all inputs must be floats, got ") + name(inputs[i].type));
        const Shape& term = inputs[i].shape;
        bool fits = i < 3 || term.rank() <= scores.rank();
        for (size_t axis = 1; i >= 3 && fits && axis <= term.rank(); ++axis)
        {
            const int64_t extent = term[term.rank() - axis];
            fits = extent == 1 || extent == scores[scores.rank() - axis];
        }
        if (!fits)
            return Status(StatusCode::invalid_model,
                          "terms must broadcast to the scores " + to_string(scores) + ", got " + to_string(term));
    }
    if (extents.depth % 4 != 0 || extents.values % 4 != 0)
        return Status(StatusCode::unsupported, "queries and values must have multiples of 4 values, got " +
                                                   std::to_string(extents.depth) + " and " +
                                                   std::to_string(extents.values));
    Shape y = inputs[0].shape;
    y[y.rank() - 1] = extents.values;
    return single_output(inputs[0].type, y);
}

LayoutRule layout_rule(const ScaledDotProductAttention&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const ScaledDotProductAttention& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const AttentionExtents extents, attention_extents(op, request.infos));
    return AttentionPlanner(op, request, extents).plan();
}

int64_t multiply_adds(const ScaledDotProductAttention& op, Inputs inputs, const Outputs&)
{
    const Result<AttentionExtents> extents = attention_extents(op, inputs);
    return extents.is_ok() ? extents->entries * extents->rows * extents->columns * (extents->depth + extents->values)
                           : 0;
}

} // namespace vkseg
