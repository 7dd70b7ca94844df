#include "base/try.hpp"
#include "movement/gather_elements.h"
#include "ops/movement/index_checks.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {

Signature signature(const GatherNd&)
{
    return {.name = "GatherND", .min_inputs = 2, .max_inputs = 2, .data_inputs = 2};
}

Result<Outputs> infer(const GatherNd& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const Shape& x = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    VKSEG_TRY(check_index_type(inputs[1]));
    bool fits = op.batch_dims >= 0 && size_t(op.batch_dims) < indices.rank() && size_t(op.batch_dims) < x.rank() &&
                indices.back() >= 1 && op.batch_dims + indices.back() <= int64_t(x.rank());
    for (size_t i = 0; fits && i < size_t(op.batch_dims); ++i)
        fits = x[i] == indices[i];
    if (!fits)
        return Status(StatusCode::invalid_model,
                      "indices must share " + std::to_string(op.batch_dims) +
                          " axes with x, and the last axis must hold an index for one or more others, got x " +
                          to_string(x) + " and indices " + to_string(indices));
    const size_t first = size_t(op.batch_dims);
    const size_t end = first + size_t(indices.back());
    if (indices.rank() - 1 + x.rank() - end > Shape::max_rank)
        return Status(StatusCode::unsupported, "the result must have at most " + std::to_string(Shape::max_rank) +
                                                   " axes, got x " + to_string(x) + " and indices " +
                                                   to_string(indices));
    Shape y;
    for (size_t i = 0; i + 1 < indices.rank(); ++i)
        y.append(indices[i]);
    for (size_t i = end; i < x.rank(); ++i)
        y.append(x[i]);
    if (is_empty(x) && !is_empty(y))
        return Status(StatusCode::invalid_model,
                      "indices " + to_string(indices) + " have no values to point to in x " + to_string(x));
    VKSEG_TRY(check_known_indices(inputs[1].constant, {x.begin() + first, end - first}));
    return single_output(inputs[0].type, y);
}

LayoutRule layout_rule(const GatherNd&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const GatherNd& op, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& indices = request.inputs[1];
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("indices", indices, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    const size_t first = size_t(op.batch_dims);
    const size_t end = first + size_t(indices.shape.back());
    contract::GatherNd push = {.values = int(destination.shape.elements()),
                               .destination_offset = destination.view.offset,
                               .source_offset = source.view.offset * 4,
                               .indices_offset = indices.view.offset * 4,
                               .inner = 1,
                               .slices_per_batch = 1,
                               .batch_stride = 1,
                               .depth = int(end - first),
                               .extents = {},
                               .strides = {}};
    for (size_t i = source.shape.rank(); i-- > first;)
    {
        if (i >= end)
        {
            push.inner *= int(source.shape[i]);
        }
        else
        {
            push.extents[i - first] = int(source.shape[i]);
            push.strides[i - first] = push.inner * push.batch_stride;
            push.batch_stride *= int(source.shape[i]);
        }
    }
    push.batch_stride *= push.inner;
    for (size_t i = first; i + 1 < indices.shape.rank(); ++i)
        push.slices_per_batch *= int(indices.shape[i]);
    Dispatch dispatch = {.shader = Shader::gather_nd};
    // Values are moved as bits, so that integers take the build for 32-bit floats.
    dispatch.variant = destination.storage == Storage::f16 ? Storage::f16 : Storage::f32;
    dispatch.push_constants = push;
    dispatch.bindings = {output(0), input(0), input(1)};
    dispatch.operations = double(destination.elements4()) * 64;
    set_linear_grid(dispatch, destination.elements4(), request.limits);
    Plan plan;
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
