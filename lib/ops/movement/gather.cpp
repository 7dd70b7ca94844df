#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"
#include "movement/gather.h"

namespace vkseg {
namespace {

/// A single index known when the network is planned: then it is a slice, in any layout.
std::optional<int64_t> only_index(Inputs inputs, int64_t extent)
{
    const Tensor* indices = inputs[1].constant;
    if (indices == nullptr || indices->elements() != 1)
        return std::nullopt;
    const int64_t index = indices->to_integers()[0];
    return index < 0 ? index + extent : index;
}

} // namespace

Signature signature(const Gather&)
{
    return {.name = "Gather", .min_inputs = 2, .max_inputs = 2, .data_inputs = 2};
}

Result<Outputs> infer(const Gather& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const Shape& x = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.rank()));
    if (is_float(inputs[1].type))
        return Status(StatusCode::invalid_model, std::string("indices must be integers, got ") + name(inputs[1].type));
    if (x.rank() - 1 + indices.rank() > Shape::max_rank)
        return Status(StatusCode::unsupported, "the result must have at most " + std::to_string(Shape::max_rank) +
                                                   " axes, got input " + to_string(x) + " and indices " +
                                                   to_string(indices));
    if (inputs[1].constant)
    {
        for (const int64_t index : inputs[1].constant->to_integers())
        {
            if (index < -x[axis] || index >= x[axis])
                return Status(StatusCode::invalid_model, "indices must lie within an extent of " +
                                                             std::to_string(x[axis]) + ", got " +
                                                             std::to_string(index));
        }
    }
    if (x[axis] == 0 && !is_empty(indices))
        return Status(StatusCode::invalid_model, "indices " + to_string(indices) +
                                                     " have no values to point to: axis " + std::to_string(axis) +
                                                     " of " + to_string(x) + " has extent 0");
    Shape shape;
    for (size_t i = 0; i < axis; ++i)
        shape.append(x[i]);
    for (const int64_t extent : indices)
        shape.append(extent);
    for (size_t i = axis + 1; i < x.rank(); ++i)
        shape.append(x[i]);
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Gather& op, Inputs inputs)
{
    const Result<size_t> axis = resolve_axis(op.axis, inputs[0].shape.rank());
    assert(axis.is_ok());
    return only_index(inputs, inputs[0].shape[*axis]) ? LayoutRule::any : LayoutRule::linear;
}

Result<Plan> plan(const Gather& op, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& destination = request.outputs[0];
    const Shape& x = source.shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.rank()));
    if (const std::optional<int64_t> index = only_index(request.infos, x[axis]))
    {
        Move move = {.region = destination.shape, .axes = {}};
        for (size_t i = 0; i < x.rank(); ++i)
        {
            if (i != axis)
                move.axes.push_back({.extent = x[i], .source_axis = i});
        }
        move.source_begin[axis] = *index;
        return plan_copy(move, request);
    }

    const Operand& indices = request.inputs[1];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("indices", indices, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    int64_t inner = 1;
    for (size_t i = axis + 1; i < x.rank(); ++i)
        inner *= x[i];
    Dispatch dispatch;
    dispatch.shader = Shader::gather;
    dispatch.variant = destination.storage == Storage::f16 ? Storage::f16 : Storage::f32;
    dispatch.bindings = {output(0), input(0), input(1)};
    dispatch.push_constants = contract::GatherPush{.destination_offset = destination.view.offset,
                                                   .source_offset = source.view.offset,
                                                   .indices_offset = indices.view.offset,
                                                   .extent = int(x[axis]),
                                                   .indices = int(indices.shape.elements()),
                                                   .inner = int(inner),
                                                   .elements = int(destination.shape.elements())};
    dispatch.operations = double(destination.elements4()) * 64;
    set_linear_grid(dispatch, destination.elements4(), request.limits);
    Plan plan;
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
