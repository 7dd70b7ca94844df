#include "selection/non_zero.h"

#include "base/try.hpp"
#include "ops/loop_turns.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

/// Bits of a stored value that are all 0 if the value is 0. The sign of a float is not one of them.
uint32_t magnitude_bits(Storage storage)
{
    switch (storage)
    {
    case Storage::f32:
        return 0x7fffffffu;
    case Storage::f16:
        return 0x7fffu;
    default:
        return ~0u;
    }
}

void append_launch(Plan& plan, Dispatch dispatch, int64_t workgroups, double operations, const Limits& limits)
{
    set_linear_grid(dispatch, workgroups * contract::non_zero_invocations, limits, contract::non_zero_invocations);
    dispatch.operations = operations;
    plan.dispatches.push_back(std::move(dispatch));
}

} // namespace

Signature signature(const NonZero&)
{
    return {.name = "NonZero", .max_outputs = 2};
}

Result<Outputs> infer(const NonZero&, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    if (x.rank() == 0)
        return Status(StatusCode::unsupported, "x must have at least one axis, got a scalar");
    VKSEG_ASSIGN(Outputs outputs, single_output(DType::i64, {int64_t(x.rank()), x.elements()}));
    outputs.push_back({.type = DType::i64, .shape = {1}});
    return outputs;
}

LayoutRule layout_rule(const NonZero&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const NonZero&, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const bool has_indices = request.outputs[0].is_present;
    const bool has_count = request.outputs.size() > 1 && request.outputs[1].is_present;
    const Operand indices = has_indices ? request.outputs[0] : Operand();
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", indices, request.limits));
    const int64_t values = x.shape.elements();
    const int64_t blocks = div_ceil(values, contract::non_zero_block);
    const int64_t turns_of_scan = 2 * (div_ceil(blocks, contract::non_zero_invocations) + 1);
    VKSEG_TRY(check_loop_turns(turns_of_scan + contract::non_zero_invocations, request.limits));

    contract::NonZero push = {.source_offset = x.view.offset,
                              .indices_offset = indices.view.offset,
                              .count_offset = has_count ? request.outputs[1].view.offset : 0,
                              .values = int(values),
                              .blocks = int(blocks),
                              .magnitude_bits = magnitude_bits(x.storage),
                              .axes = int(x.shape.rank()),
                              .extents = {}};
    for (size_t axis = 0; axis < x.shape.rank(); ++axis)
        push.extents[axis] = int(x.shape[axis]);
    const Storage variant = x.storage == Storage::f16 ? Storage::f16 : Storage::f32; // values are tested as bits
    Plan plan;
    plan.scratch_bytes = {size_t(blocks + 1) * sizeof(uint32_t)};
    VKSEG_TRY(check_scratch("the counts of all blocks", plan.scratch_bytes[0], request.limits));
    append_launch(plan,
                  {.shader = Shader::non_zero_count,
                   .variant = variant,
                   .push_constants = push,
                   .bindings = {scratch(), input(0)}},
                  blocks, 2.0 * double(values), request.limits);
    // Every binding needs a buffer: that of a missing count is not written.
    append_launch(plan,
                  {.shader = Shader::non_zero_offsets,
                   .specialization = {{contract::non_zero_has_count_id, has_count}},
                   .push_constants = push,
                   .bindings = {scratch(), output(has_count ? 1 : 0)}},
                  1, 4.0 * double(blocks), request.limits);
    if (has_indices)
        append_launch(plan,
                      {.shader = Shader::non_zero_write,
                       .variant = variant,
                       .push_constants = push,
                       .bindings = {output(0), input(0), scratch()}},
                      blocks, 16.0 * double(values) * double(x.shape.rank()), request.limits);
    return plan;
}

} // namespace vkseg
