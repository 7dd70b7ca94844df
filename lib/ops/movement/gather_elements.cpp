#include "movement/gather_elements.h"

#include "base/try.hpp"
#include "ops/movement/index_checks.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "ops/strided_loop.hpp"

namespace vkseg {

Signature signature(const GatherElements&)
{
    return {.name = "GatherElements", .min_inputs = 2, .max_inputs = 2, .data_inputs = 2};
}

Result<Outputs> infer(const GatherElements& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const Shape& x = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.rank()));
    VKSEG_TRY(check_index_type(inputs[1]));
    bool fits = indices.rank() == x.rank();
    for (size_t i = 0; i < x.rank() && fits; ++i)
        fits = i == axis || indices[i] <= x[i];
    if (!fits)
        return Status(StatusCode::invalid_model, "indices must have the rank of x and fit it along all axes but " +
                                                     std::to_string(axis) + ", got x " + to_string(x) +
                                                     " and indices " + to_string(indices));
    if (x[axis] == 0 && !is_empty(indices))
        return Status(StatusCode::invalid_model, "indices " + to_string(indices) +
                                                     " have no values to point to: axis " + std::to_string(axis) +
                                                     " of " + to_string(x) + " has extent 0");
    VKSEG_TRY(check_known_indices(inputs[1].constant, {x.begin() + axis, 1}));
    return single_output(inputs[0].type, indices);
}

LayoutRule layout_rule(const GatherElements&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const GatherElements& op, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& indices = request.inputs[1];
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("indices", indices, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, source.shape.rank()));
    contract::GatherElements push = {.values = int(destination.shape.elements()),
                                     .axes = 0,
                                     .destination_offset = destination.view.offset,
                                     .source_offset = source.view.offset * 4,
                                     .indices_offset = indices.view.offset * 4,
                                     .extent = int(source.shape[axis]),
                                     .axis_stride = 1,
                                     .extents = {},
                                     .strides = {}};
    std::array<StridedLoop<1>, Shape::max_rank> loops;
    int64_t stride = 1;
    for (size_t i = source.shape.rank(); i-- > 0;)
    {
        loops[i] = {.extent = destination.shape[i], .strides = {i == axis ? 0 : stride}};
        if (i == axis)
            push.axis_stride = int(stride);
        stride *= source.shape[i];
    }
    std::vector<StridedLoop<1>> nest;
    for (size_t i = 0; i < source.shape.rank(); ++i)
        append(nest, loops[i]);
    push.axes = int(nest.size());
    for (size_t i = 0; i < nest.size(); ++i)
    {
        push.extents[i] = int(nest[i].extent);
        push.strides[i] = int(nest[i].strides[0]);
    }
    Dispatch dispatch = {.shader = Shader::gather_elements};
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
