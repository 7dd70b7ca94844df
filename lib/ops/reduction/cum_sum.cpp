#include "reduction/cum_sum.h"

#include "base/try.hpp"
#include "ops/loop_turns.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <cmath>

namespace vkseg {
namespace {

/// Values of a chunk. Long rows are cut if there are too few of them to occupy a GPU.
int64_t chunk_of(int64_t rows, int64_t extent)
{
    constexpr int64_t long_row = 128;
    constexpr int64_t many_rows = 2048;
    constexpr int64_t longest_row = 4096;
    if (extent <= long_row || (rows >= many_rows && extent <= longest_row))
        return extent;
    return int64_t(std::ceil(std::sqrt(double(extent))));
}

Dispatch sums_launch(const CumSum& op, int stage, const contract::CumSum& push, Storage storage, const Limits& limits)
{
    Dispatch dispatch = {.shader = Shader::cum_sum,
                         .variant = storage,
                         .specialization = {{contract::cum_sum_stage_id, stage},
                                            {contract::cum_sum_is_exclusive_id, op.is_exclusive},
                                            {contract::cum_sum_is_reverse_id, op.is_reverse}}};
    dispatch.push_constants = push;
    dispatch.operations = 4.0 * double(push.rows) * push.chunk;
    set_linear_grid(dispatch, push.rows, limits);
    return dispatch;
}

} // namespace

Signature signature(const CumSum&)
{
    return {.name = "CumSum", .max_inputs = 2, .is_f32 = true};
}

Status resolve(CumSum& op, Inputs inputs)
{
    Integers axes = {op.axis};
    VKSEG_TRY(read_parameter(inputs, 1, "axis", axes));
    if (axes.size() != 1)
        return Status(StatusCode::invalid_model, "axis must be one integer, got " + std::to_string(axes.size()));
    op.axis = axes[0];
    return {};
}

Result<Outputs> infer(const CumSum& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const DType type = inputs[0].type;
    if (!is_float(type) && type != DType::i32 && type != DType::i64)
        return Status(StatusCode::unsupported,
                      std::string("x must be floats or integers of 32 or 64 bits, got ") + name(type));
    VKSEG_TRY(resolve_axis(op.axis, inputs[0].shape.rank()).status());
    return single_output(type, inputs[0].shape);
}

LayoutRule layout_rule(const CumSum&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const CumSum& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape.rank()));
    const int64_t extent = x.shape[axis];
    const int64_t rows = x.shape.elements() / extent;
    const int64_t chunk = chunk_of(rows, extent);
    const int64_t chunks = div_ceil(extent, chunk);
    VKSEG_TRY(check_loop_turns(std::max(chunk, chunks) + 1, request.limits));
    int64_t inner = 1;
    for (size_t i = axis + 1; i < x.shape.rank(); ++i)
        inner *= x.shape[i];
    const contract::CumSum values = {.destination_offset = y.view.offset * 4,
                                     .source_offset = x.view.offset * 4,
                                     .rows = int(rows * chunks),
                                     .extent = int(extent),
                                     .inner = int(inner),
                                     .chunks = int(chunks),
                                     .chunk = int(chunk)};
    Plan plan;
    if (chunks == 1)
    {
        plan.dispatches.push_back(sums_launch(op, contract::cum_sum_whole, values, x.storage, request.limits));
        plan.dispatches[0].bindings = {output(), input(0), input(0)}; // the last is not read
        return plan;
    }
    const size_t bytes = size_t(div_ceil(values.rows, 4)) * element_bytes(Storage::f32);
    plan.scratch_bytes = {bytes, bytes};
    VKSEG_TRY(check_scratch("the sums of all parts of rows", bytes, request.limits));
    plan.dispatches.push_back(sums_launch(op, contract::cum_sum_totals, values, x.storage, request.limits));
    plan.dispatches[0].bindings = {scratch(0), input(0), input(0)};
    const contract::CumSum totals = {.destination_offset = 0,
                                     .source_offset = 0,
                                     .rows = int(rows),
                                     .extent = int(chunks),
                                     .inner = int(inner),
                                     .chunks = 1,
                                     .chunk = int(chunks)};
    plan.dispatches.push_back(
        sums_launch({.is_exclusive = true}, contract::cum_sum_whole, totals, x.storage, request.limits));
    plan.dispatches[1].bindings = {scratch(1), scratch(0), scratch(0)};
    plan.dispatches.push_back(sums_launch(op, contract::cum_sum_finish, values, x.storage, request.limits));
    plan.dispatches[2].bindings = {output(), input(0), scratch(1)};
    return plan;
}

} // namespace vkseg
