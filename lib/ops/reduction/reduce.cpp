#include "base/try.hpp"
#include "elementwise/elementwise.h"
#include "ops/elementwise/elementwise.hpp"
#include "ops/operators.hpp"
#include "ops/reduction/reduction.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

// In the order of the enumerators.
constexpr const char* reduce_names[] = {
    "ReduceMean",      "ReduceSum", "ReduceMax", "ReduceMin",    "ReduceProd",
    "ReduceSumSquare", "ReduceL1",  "ReduceL2",  "ReduceLogSum", "ReduceLogSumExp",
};
static_assert(std::size(reduce_names) == size_t(ReduceKind::log_sum_exp) + 1);

const char* name_of(const Reduce& op)
{
    if (op.all_spatial && op.kind == ReduceKind::mean)
        return "GlobalAveragePool";
    if (op.all_spatial && op.kind == ReduceKind::max)
        return "GlobalMaxPool";
    return reduce_names[size_t(op.kind)];
}

} // namespace

Signature signature(const Reduce& op)
{
    return {.name = name_of(op), .max_inputs = 2, .is_f32 = op.is_f32};
}

static_assert(int(ReduceKind::mean) == contract::reduce_mean && int(ReduceKind::sum) == contract::reduce_sum &&
              int(ReduceKind::max) == contract::reduce_max && int(ReduceKind::min) == contract::reduce_min &&
              int(ReduceKind::prod) == contract::reduce_prod &&
              int(ReduceKind::sum_square) == contract::reduce_sum_square &&
              int(ReduceKind::l1) == contract::reduce_l1 && int(ReduceKind::l2) == contract::reduce_l2 &&
              int(ReduceKind::log_sum) == contract::reduce_log_sum &&
              int(ReduceKind::log_sum_exp) == contract::reduce_log_sum_exp);

namespace {

Result<AxisSet> reduced_axes(const Reduce& op, size_t rank)
{
    AxisSet axes;
    if (op.all_spatial)
    {
        if (rank < 3)
            return Status(StatusCode::invalid_model,
                          "the input must have spatial axes after N and C, got rank " + std::to_string(rank));
        for (size_t axis = 2; axis < rank; ++axis)
            axes.set(axis);
        return axes;
    }
    VKSEG_ASSIGN(const std::vector<size_t> listed, resolve_axes(op.axes, rank));
    for (const size_t axis : listed)
        axes.set(axis);
    for (size_t axis = 0; axis < rank && op.axes.empty() && !op.noop_with_empty_axes; ++axis)
        axes.set(axis);
    return axes;
}

Status check_type(const Reduce& op, DType type)
{
    const bool needs_floats =
        op.kind == ReduceKind::l2 || op.kind == ReduceKind::log_sum || op.kind == ReduceKind::log_sum_exp;
    const bool fits = is_float(type) || (type != DType::boolean && !needs_floats);
    if (fits || is_copy(op))
        return {};
    return Status(StatusCode::unsupported,
                  std::string("the input must be of ") + (needs_floats ? "floats" : "numbers") + ", got " + name(type));
}

/// Number of workgroups that share one element of results.
int segments_of(const Reduction& reduction)
{
    constexpr int min_steps = 1024;
    constexpr int enough_workgroups = 256;
    constexpr int max_segments = 64;
    const int useful = std::min(reduction.push.steps / min_steps, enough_workgroups / reduction.push.elements);
    return std::clamp(useful, 1, max_segments);
}

/// True if 8-bit integers may leave their range; they then wrap.
bool may_wrap(const Reduce& op, DType type)
{
    const bool stays_inside =
        is_copy(op) || op.kind == ReduceKind::mean || op.kind == ReduceKind::max || op.kind == ReduceKind::min;
    return (type == DType::u8 || type == DType::i8) && !stays_inside;
}

Operand in_scratch(const Operand& like)
{
    Operand operand = like;
    operand.view = packed_view(operand.shape, operand.layout);
    operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(operand.storage);
    return operand;
}

/// Redirects the 32-bit results of the launches so far to scratch memory, and appends a launch that wraps them into the
/// range of y.
Status add_wrapping(Plan& plan, const Operand& result, const Operand& y, const Limits& limits)
{
    const Binding memory = scratch(uint32_t(plan.scratch_bytes.size()));
    plan.scratch_bytes.push_back(result.buffer_bytes);
    for (Dispatch& dispatch : plan.dispatches)
        dispatch.bindings[0] = memory;
    const BoundOperand operands[] = {{.operand = y, .binding = output()}, {.operand = result, .binding = memory}};
    return add_elementwise(
        plan,
        {.in_step = Shader::cast, .variant = Storage::i32, .specialization = {{contract::range_id, narrowing(y.type)}}},
        operands, limits);
}

} // namespace

Status resolve(Reduce& op, Inputs inputs)
{
    return read_parameter(inputs, 1, "axes", op.axes);
}

Result<Outputs> infer(const Reduce& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    VKSEG_TRY(check_extents(x));
    VKSEG_TRY(check_type(op, inputs[0].type));
    VKSEG_ASSIGN(const AxisSet axes, reduced_axes(op, x.rank()));
    Shape y;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (axes[axis] && x[axis] == 0 && op.kind == ReduceKind::mean && !is_float(inputs[0].type))
            return Status(StatusCode::invalid_model, "the mean of no integers is undefined: axis " +
                                                         std::to_string(axis) + " of " + to_string(x) +
                                                         " has extent 0");
        if (!axes[axis] || op.keep_dims)
            y.append(axes[axis] ? 1 : x[axis]);
    }
    return single_output(inputs[0].type, y);
}

LayoutRule layout_rule(const Reduce& op, Inputs inputs)
{
    const size_t rank = inputs[0].shape.rank();
    const Result<AxisSet> axes = reduced_axes(op, rank);
    const bool is_image = rank >= 2 && rank <= 5 && op.keep_dims;
    if (!axes.is_ok() || !is_image || (*axes)[0])
        return LayoutRule::linear;
    // Spatial axes only, or channels only.
    return !(*axes)[1] || axes->count() == 1 ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const Reduce& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    VKSEG_ASSIGN(const AxisSet axes, reduced_axes(op, x.shape.rank()));
    const bool wraps = may_wrap(op, y.type);
    const Operand result = wraps ? in_scratch(y) : y;
    Reduction reduction = describe_reduction(is_copy(op) ? ReduceKind::sum : op.kind, axes, x, result);
    const bool is_shared = is_worth_sharing(reduction);
    if (is_shared)
        reduction.push.segments = segments_of(reduction);

    Plan plan;
    if (reduction.push.segments == 1)
    {
        plan.scratch_bytes = {2 * 16}; // bound, but not used
        plan.dispatches.push_back(reduction_launch(reduction, contract::reduce_whole, is_shared, request.limits));
    }
    else
    {
        plan.scratch_bytes = {partial_bytes(reduction)};
        plan.dispatches.push_back(reduction_launch(reduction, contract::reduce_partial, is_shared, request.limits));
        plan.dispatches.push_back(reduction_launch(reduction, contract::reduce_finish, is_shared, request.limits));
    }
    if (wraps)
    {
        VKSEG_TRY(add_wrapping(plan, result, y, request.limits));
    }
    return plan;
}

} // namespace vkseg
