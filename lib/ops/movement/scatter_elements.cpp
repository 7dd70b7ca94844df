#include "ops/movement/scatter.hpp"

#include "base/try.hpp"
#include "ops/movement/index_checks.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

Status check_scatter_shapes(const ScatterShapes& shapes)
{
    const auto& [data, indices, updates, axis] = shapes;
    bool fits = updates.rank() == data.rank() && indices.rank() == data.rank();
    for (size_t i = 0; i < data.rank() && fits; ++i)
    {
        fits = (i == axis || updates[i] <= data[i]) && (indices[i] == updates[i] || (i != axis && indices[i] == 1));
    }
    if (fits)
        return {};
    return Status(StatusCode::invalid_model,
                  "updates must fit the data along all axes but " + std::to_string(axis) +
                      ", and indices must have their shape or extents of 1 there, got data " + to_string(data) +
                      ", indices " + to_string(indices) + " and updates " + to_string(updates));
}

} // namespace

Signature signature(const ScatterElements&)
{
    return {.name = "ScatterElements", .min_inputs = 3, .max_inputs = 3, .data_inputs = 3};
}

Result<Outputs> infer(const ScatterElements& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    const TensorInfo& data = inputs[0];
    const TensorInfo& indices = inputs[1];
    const TensorInfo& updates = inputs[2];
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, data.shape.rank()));
    VKSEG_TRY(check_scatter_types(op.reduction, inputs));
    VKSEG_TRY(
        check_scatter_shapes({.data = data.shape, .indices = indices.shape, .updates = updates.shape, .axis = axis}));
    VKSEG_TRY(check_known_indices(indices.constant, {data.shape.begin() + axis, 1}, true));
    return single_output(data.type, data.shape);
}

LayoutRule layout_rule(const ScatterElements&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const ScatterElements& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, request.inputs[0].shape.rank()));
    const ScatterShapes shapes = {.data = request.inputs[0].shape,
                                  .indices = request.inputs[1].shape,
                                  .updates = request.inputs[2].shape,
                                  .axis = axis};
    Plan plan;
    ScatterPositions positions = {.binding = input(1), .offset = request.inputs[1].view.offset};
    if (op.reduction != ScatterReduction::none)
    {
        VKSEG_ASSIGN(positions, append_positions(plan, {shapes.data.begin() + axis, 1}, request));
    }
    VKSEG_TRY(append_scatter(plan, shapes, op.reduction, positions, request));
    return plan;
}

} // namespace vkseg
