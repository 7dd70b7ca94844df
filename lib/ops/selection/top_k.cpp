#include "selection/top_k.h"

#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/selection/sort.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {

Signature signature(const TopK&)
{
    return {.name = "TopK", .max_inputs = 2, .max_outputs = 2};
}

Status resolve(TopK& op, Inputs inputs)
{
    if (!is_given(inputs, 1))
        return {};
    Integers values;
    VKSEG_TRY(read_parameter(inputs, 1, "k", values));
    if (values.size() != 1)
        return Status(StatusCode::invalid_model, "k must be one integer, got " + std::to_string(values.size()));
    op.k = values[0];
    return {};
}

Result<Outputs> infer(const TopK& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const TensorInfo& x = inputs[0];
    if (x.type == DType::boolean)
        return Status(StatusCode::invalid_model, "the input must be floats or integers, got bool");
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape.rank()));
    if (op.k < 0 || op.k > x.shape[axis])
        return Status(StatusCode::invalid_model, "k must be from 0 to the extent of axis " + std::to_string(axis) +
                                                     ", which is " + std::to_string(x.shape[axis]) + ", got " +
                                                     std::to_string(op.k));
    Shape shape = x.shape;
    shape[axis] = op.k;
    VKSEG_ASSIGN(Outputs outputs, single_output(x.type, shape));
    outputs.push_back({.type = DType::i64, .shape = shape});
    return outputs;
}

LayoutRule layout_rule(const TopK&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const TopK& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape.rank()));
    const bool has_values = request.outputs[0].is_present;
    const bool has_indices = request.outputs.size() > 1 && request.outputs[1].is_present;
    const Operand values = has_values ? request.outputs[0] : Operand();
    const Operand indices = has_indices ? request.outputs[1] : Operand();
    const Operand& result = has_values ? values : indices;
    VKSEG_TRY(check_binding("output", values, request.limits));
    VKSEG_TRY(check_binding("output", indices, request.limits));

    Plan plan;
    VKSEG_ASSIGN(
        const uint32_t pairs,
        append_sort(plan, {.source = x, .binding = input(0), .axis = axis, .kept = op.k, .is_rising = op.is_smallest},
                    request.limits));
    int64_t inner = 1;
    for (size_t i = axis + 1; i < x.shape.rank(); ++i)
        inner *= x.shape[i];
    Dispatch dispatch = {
        .shader = Shader::top_k,
        .variant = x.storage == Storage::f16 ? Storage::f16 : Storage::f32,
        .specialization = {{contract::top_k_has_values_id, has_values}, {contract::top_k_has_indices_id, has_indices}}};
    dispatch.push_constants = contract::TopKPush{.values_offset = values.view.offset,
                                                 .indices_offset = indices.view.offset,
                                                 .source_offset = x.view.offset,
                                                 .extent = int(x.shape[axis]),
                                                 .inner = int(inner),
                                                 .k = int(op.k),
                                                 .count = int(result.shape.elements())};
    // Every binding needs a buffer: an unused output is bound to that of the used one, and not written.
    dispatch.bindings = {output(has_values ? 0 : 1), output(has_indices ? 1 : 0), input(0), scratch(pairs)};
    dispatch.operations = double(result.elements4()) * 64;
    set_linear_grid(dispatch, result.elements4(), request.limits);
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
