#include "base/try.hpp"
#include "ops/movement/index_checks.hpp"
#include "ops/movement/scatter.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

/// The scatter along one axis that does the same: of slices of the data, with one index each.
ScatterShapes shapes_of_slices(const Shape& data, const Shape& indices)
{
    int64_t slices = 1;
    for (size_t axis = 0; axis < size_t(indices.back()); ++axis)
        slices *= data[axis];
    const int64_t inner = data.elements() / slices;
    const int64_t updates = indices.elements() / indices.back();
    return {.data = {slices, inner}, .indices = {updates, 1}, .updates = {updates, inner}};
}

} // namespace

Signature signature(const ScatterNd&)
{
    return {.name = "ScatterND", .min_inputs = 3, .max_inputs = 3, .data_inputs = 3};
}

Result<Outputs> infer(const ScatterNd& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    const Shape& data = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    const Shape& updates = inputs[2].shape;
    VKSEG_TRY(check_scatter_types(op.reduction, inputs));
    const bool has_tuples = indices.rank() >= 1 && indices.back() >= 1 && indices.back() <= int64_t(data.rank());
    const size_t depth = has_tuples ? size_t(indices.back()) : 0;
    bool fits = has_tuples && updates.rank() == indices.rank() - 1 + data.rank() - depth;
    for (size_t axis = 0; fits && axis < updates.rank(); ++axis)
        fits = updates[axis] == (axis + 1 < indices.rank() ? indices[axis] : data[axis + 1 - indices.rank() + depth]);
    if (!fits)
        return Status(StatusCode::invalid_model,
                      "the last axis of the indices must hold an index for one or more axes of the data, and updates "
                      "must have the other axes of the indices, then those of the data, got data " +
                          to_string(data) + ", indices " + to_string(indices) + " and updates " + to_string(updates));
    VKSEG_TRY(check_known_indices(inputs[1].constant, {data.begin(), depth}, true));
    return single_output(inputs[0].type, data);
}

LayoutRule layout_rule(const ScatterNd&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const ScatterNd& op, const PlanRequest& request)
{
    const Shape& data = request.inputs[0].shape;
    const Shape& indices = request.inputs[1].shape;
    Plan plan;
    VKSEG_ASSIGN(const ScatterPositions positions,
                 append_positions(plan, {data.begin(), size_t(indices.back())}, request));
    VKSEG_TRY(append_scatter(plan, shapes_of_slices(data, indices), op.reduction, positions, request));
    return plan;
}

} // namespace vkseg
