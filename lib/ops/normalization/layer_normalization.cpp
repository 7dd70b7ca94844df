#include "ops/normalization/layer_normalization.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "normalization/layer_normalization.h"
#include "ops/loop_turns.hpp"
#include "ops/movement/copy.hpp"
#include "ops/normalization/normalization.hpp"
#include "ops/operators.hpp"
#include "ops/reduction/reduction.hpp"
#include "ops/shape_rules.hpp"

#include <numeric>

namespace vkseg {
namespace {

constexpr int group = 64; // as in the shader

AxisSet set_of(const Integers& axes, size_t rank)
{
    AxisSet set;
    for (const int64_t axis : axes)
        set.set(size_t(axis < 0 ? axis + int64_t(rank) : axis));
    return set;
}

/// Rows of elements as the kernel walks them: `steps` elements of a row lie View::block_pitch apart.
struct RowWalk
{
    View x;
    View y;
    int64_t batch = 1;
    int64_t rows = 1;
    int64_t width = 1;
    int64_t steps = 1;
    bool is_across = false; ///< the four values of an element belong to four rows

    int64_t count() const { return batch * rows * width; }
};

RowWalk blocked_walk(const Operand& x, const Operand& y)
{
    return {.x = x.view, .y = y.view, .batch = x.batch(), .rows = x.rows(), .width = x.width(), .steps = x.blocks()};
}

/// nullopt if the rows of linear tensors do not consist of whole elements.
std::optional<RowWalk> linear_walk(const NormalizedRows& rows, const Operand& x, const Operand& y)
{
    RowWalk walk = {.batch = rows.outer};
    if (rows.inner == 1 && rows.extent % 4 == 0)
        walk.steps = rows.extent / 4;
    else if (rows.inner % 4 == 0)
    {
        walk.width = rows.inner / 4;
        walk.steps = rows.extent;
        walk.is_across = true;
    }
    else
        return std::nullopt;
    walk.x = {.offset = x.view.offset,
              .batch_pitch = int(walk.steps * walk.width),
              .block_pitch = int(walk.width),
              .row_pitch = 0};
    walk.y = walk.x;
    walk.y.offset = y.view.offset;
    return walk;
}

/// Number of invocations that share a row.
int lanes_of(const RowWalk& walk, bool are_adjacent, const Limits& limits)
{
    // Slow barriers cost more than they save, unless there are few rows.
    constexpr int64_t enough_rows = 256;
    constexpr int64_t enough_invocations = 1 << 16;
    constexpr int min_adjacent = 16; // minimum if rows are contiguous: they are read along, not across
    constexpr int64_t long_row = 128;
    int lanes = 1;
    if (limits.preferences.shared_memory == SharedMemory::slow)
        lanes = walk.count() < enough_rows && walk.steps >= long_row ? group : 1;
    else
    {
        while (lanes < group && lanes * 2 <= walk.steps &&
               (walk.count() * lanes < enough_invocations || (are_adjacent && lanes < min_adjacent)))
            lanes *= 2;
    }
    while (lanes < group && 3 * walk.steps / lanes > limits.max_loop_turns)
        lanes *= 2;
    return lanes;
}

Status append_rows(Plan& plan, const LayerNormalization& op, const RowWalk& walk, const NormalizedRows& rows,
                   const PlanRequest& request, std::array<Binding, 2> bindings)
{
    const bool has_coefficients = is_given(request.infos, 1) || is_given(request.infos, 2);
    const bool are_lanes_adjacent = walk.x.block_pitch == 1 && !walk.is_across;
    const int lanes = lanes_of(walk, are_lanes_adjacent, request.limits);
    VKSEG_TRY(check_loop_turns(3 * div_ceil(walk.steps, lanes), request.limits));
    const auto epsilon_at = [&](EpsilonPlace place) { return op.epsilon_place == place ? op.epsilon : 0; };
    Dispatch dispatch = {.shader = Shader::layer_normalization, .variant = request.real};
    dispatch.specialization = {{contract::normalization_is_centred_id, op.kind == NormalizationKind::layer},
                               {contract::normalization_is_across_id, walk.is_across},
                               {contract::normalization_lanes_id, lanes},
                               {contract::normalization_are_lanes_adjacent_id, are_lanes_adjacent},
                               {contract::normalization_has_coefficients_id, has_coefficients}};
    dispatch.push_constants =
        contract::LayerNormalization{.x = walk.x,
                                     .y = walk.y,
                                     .rows = int(walk.count()),
                                     .plane_rows = int(walk.rows),
                                     .plane_width = int(walk.width),
                                     .steps = int(walk.steps),
                                     .values = int(rows.extent),
                                     .factor = op.kind == NormalizationKind::l2 ? 1 : 1 / float(rows.extent),
                                     .under_root = epsilon_at(EpsilonPlace::under_root),
                                     .after_root = epsilon_at(EpsilonPlace::after_root),
                                     .min_root = epsilon_at(EpsilonPlace::min_root)};
    // The kernel declares the coefficients even if it reads none.
    dispatch.bindings = {bindings[0], bindings[1], has_coefficients ? weights() : bindings[1]};
    if (has_coefficients)
        plan.weight_layouts = {WeightLayout{}};
    const int64_t groups = div_ceil(walk.count() * lanes, group);
    set_linear_grid(dispatch, groups * group, request.limits, group);
    dispatch.operations = 40.0 * double(walk.count()) * double(walk.steps);
    plan.dispatches.push_back(std::move(dispatch));
    return {};
}

/// Moves the tensor into blocks of four values of a row, normalises it there, and moves it back.
Result<Plan> plan_unaligned(const LayerNormalization& op, const NormalizedRows& rows, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    Operand blocked = {.shape = {rows.outer, rows.extent, rows.inner}, .storage = request.real, .is_present = true};
    blocked.view = packed_view(blocked.shape, blocked.layout);
    blocked.buffer_bytes = size_t(blocked.elements4()) * element_bytes(blocked.storage);
    VKSEG_TRY(check_binding("input in blocks of four values", blocked, request.limits));
    VKSEG_ASSIGN(Plan plan, plan_conversion(x, blocked, request.limits));
    for (Dispatch& dispatch : plan.dispatches)
        dispatch.bindings[0] = scratch(0);
    VKSEG_TRY(append_rows(plan, op, blocked_walk(blocked, blocked), rows, request, {scratch(1), scratch(0)}));
    VKSEG_ASSIGN(Plan unblocking, plan_conversion(blocked, y, request.limits));
    for (Dispatch& dispatch : unblocking.dispatches)
    {
        dispatch.bindings[1] = scratch(1);
        plan.dispatches.push_back(std::move(dispatch));
    }
    plan.scratch_bytes = {blocked.buffer_bytes, blocked.buffer_bytes};
    return plan;
}

const char* name_of(NormalizationKind kind)
{
    switch (kind)
    {
    case NormalizationKind::layer:
        return "LayerNormalization";
    case NormalizationKind::rms:
        return "RMSNormalization";
    case NormalizationKind::l2:
        return "LpNormalization";
    }
    return "?";
}

} // namespace

Signature signature(const LayerNormalization& op)
{
    return {.name = name_of(op.kind), .max_inputs = 3, .packs_shapes = true, .packed_axes = op.axes};
}

Result<NormalizedRows> normalized_rows(const Integers& axes, const Shape& x)
{
    VKSEG_ASSIGN(const std::vector<size_t> listed, resolve_axes(axes, x.rank()));
    const AxisSet normalized = set_of(axes, x.rank());
    NormalizedRows rows;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (x[axis] == 1)
            continue;
        if (!normalized[axis])
            (rows.extent == 1 ? rows.outer : rows.inner) *= x[axis];
        else if (rows.inner == 1)
            rows.extent *= x[axis];
        else
            return Status(StatusCode::unsupported, "the axes that are normalised together must be adjacent");
    }
    return rows;
}

bool varies_along(const Shape& parameter, const Integers& axes, const Shape& x)
{
    if (parameter.rank() > x.rank())
        return false;
    const AxisSet normalized = set_of(axes, x.rank());
    for (size_t i = 1; i <= parameter.rank(); ++i)
    {
        const int64_t extent = parameter[parameter.rank() - i];
        const size_t axis = x.rank() - i;
        if (extent != 1 && (extent != x[axis] || !normalized[axis]))
            return false;
    }
    return true;
}

std::vector<float> values_along(const Tensor* parameter, float fallback, const Integers& axes, const Shape& x)
{
    const AxisSet normalized = set_of(axes, x.rank());
    const std::vector<float> given = parameter != nullptr ? parameter->to_floats() : std::vector<float>{fallback};
    std::vector<size_t> offsets = {0}; // into `given`, in row-major order along the axes seen so far
    size_t stride = 1;
    for (size_t i = 1; i <= x.rank(); ++i)
    {
        const bool has_axis = parameter != nullptr && i <= parameter->shape().rank();
        const int64_t extent = has_axis ? parameter->shape()[parameter->shape().rank() - i] : 1;
        if (!normalized[x.rank() - i])
            continue;
        const size_t step = extent == 1 ? 0 : stride;
        std::vector<size_t> longer;
        for (size_t k = 0; k < size_t(x[x.rank() - i]); ++k)
        {
            for (const size_t offset : offsets)
                longer.push_back(offset + k * step);
        }
        offsets = std::move(longer);
        stride *= size_t(extent);
    }
    std::vector<float> values;
    for (const size_t offset : offsets)
        values.push_back(given[offset]);
    return values;
}

Status resolve(LayerNormalization& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const size_t rank = inputs[0].shape.rank();
    VKSEG_ASSIGN(std::vector<size_t> axes, resolve_axes(op.axes, rank));
    if (op.to_last && !axes.empty())
    {
        const size_t first = axes[0];
        axes.resize(rank - first);
        std::iota(axes.begin(), axes.end(), first);
    }
    op.axes.assign(axes.begin(), axes.end());
    op.to_last = false;
    return {};
}

Result<Outputs> infer(const LayerNormalization& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const TensorInfo& x = inputs[0];
    if (!is_float(x.type))
        return Status(StatusCode::unsupported, std::string("the input must be of floats, got ") + name(x.type));
    VKSEG_TRY(normalized_rows(op.axes, x.shape).status());
    if (!(op.epsilon >= 0))
        return Status(StatusCode::invalid_model, "epsilon must not be negative, got " + std::to_string(op.epsilon));
    for (const size_t i : {1, 2})
    {
        if (!is_given(inputs, i))
            continue;
        const std::string which = i == 1 ? "scale" : "bias";
        if (!is_float(inputs[i].type))
            return Status(StatusCode::invalid_model, which + " must be of floats, got " + name(inputs[i].type));
        if (!varies_along(inputs[i].shape, op.axes, x.shape))
            return Status(StatusCode::invalid_model, which + " must broadcast to the normalised axes of " +
                                                         to_string(x.shape) + ", got " + to_string(inputs[i].shape));
        if (inputs[i].constant == nullptr)
            return Status(StatusCode::unsupported, which + " must be constant");
    }
    return single_output(x.type, x.shape);
}

LayoutRule layout_rule(const LayerNormalization& op, Inputs inputs)
{
    const size_t rank = inputs[0].shape.rank();
    const bool is_channels = rank >= 2 && rank <= 5 && set_of(op.axes, rank) == AxisSet().set(1);
    return is_channels ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const LayerNormalization& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    VKSEG_ASSIGN(const NormalizedRows rows, normalized_rows(op.axes, x.shape));
    const std::optional<RowWalk> walk = x.layout == Layout::blocked ? blocked_walk(x, y) : linear_walk(rows, x, y);
    if (!walk)
        return plan_unaligned(op, rows, request);
    Plan plan;
    VKSEG_TRY(append_rows(plan, op, *walk, rows, request, {output(), input(0)}));
    const Reading reading = {.binding = 1, .operand = &x};
    read_texels(plan.dispatches.back(), {&reading, 1}, request.limits);
    return plan;
}

Packing pack(const LayerNormalization& op, Inputs inputs, const WeightLayout&, Storage)
{
    const Shape& x = inputs[0].shape;
    const Result<NormalizedRows> rows = normalized_rows(op.axes, x);
    assert(rows.is_ok()); // infer() accepted the operator
    const auto constant_of = [&](size_t parameter)
    { return is_given(inputs, parameter) ? inputs[parameter].constant : nullptr; };
    const auto make_lists = [axes = op.axes, x, scale = constant_of(1), bias = constant_of(2)]
    {
        const std::vector<float> scales = values_along(scale, 1, axes, x);
        const std::vector<float> biases = values_along(bias, 0, axes, x);
        return std::vector<std::vector<double>>{{scales.begin(), scales.end()}, {biases.begin(), biases.end()}};
    };
    return pack_channels(rows->extent, 2, make_lists);
}

} // namespace vkseg
