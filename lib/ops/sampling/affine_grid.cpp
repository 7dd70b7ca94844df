#include "sampling/affine_grid.h"

#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {

Signature signature(const AffineGrid&)
{
    return {.name = "AffineGrid", .max_inputs = 2, .is_f32 = true};
}

Status resolve(AffineGrid& op, Inputs inputs)
{
    return read_parameter(inputs, 1, "size", op.size);
}

Result<Outputs> infer(const AffineGrid& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    if (op.size.size() != 4 && op.size.size() != 5)
        return Status(StatusCode::invalid_model,
                      "size must be those of N, C and 2 or 3 spatial axes, got " + std::to_string(op.size.size()));
    const int64_t axes = int64_t(op.size.size()) - 2;
    const Shape& theta = inputs[0].shape;
    if (!is_float(inputs[0].type) || theta.rank() != 3 || theta[0] != op.size[0] || theta[1] != axes ||
        theta[2] != axes + 1)
        return Status(StatusCode::invalid_model, "theta must be floats of shape " + std::to_string(op.size[0]) + "x" +
                                                     std::to_string(axes) + "x" + std::to_string(axes + 1) + ", got " +
                                                     name(inputs[0].type) + " " + to_string(theta));
    Shape grid = {op.size[0]};
    for (size_t axis = 2; axis < op.size.size(); ++axis)
    {
        if (op.size[axis] < 0)
            return Status(StatusCode::invalid_model, "size must be at least 0, got " + std::to_string(op.size[axis]));
        grid.append(op.size[axis]);
    }
    grid.append(axes);
    return single_output(inputs[0].type, grid);
}

LayoutRule layout_rule(const AffineGrid&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const AffineGrid& op, const PlanRequest& request)
{
    const Operand& theta = request.inputs[0];
    const Operand& grid = request.outputs[0];
    VKSEG_TRY(check_binding("theta", theta, request.limits));
    VKSEG_TRY(check_binding("output", grid, request.limits));
    const size_t rank = grid.shape.rank();
    Dispatch dispatch = {.shader = Shader::affine_grid,
                         .specialization = {{contract::affine_grid_align_corners_id, op.align_corners}}};
    dispatch.push_constants = contract::AffineGrid{.grid_offset = grid.view.offset,
                                                   .theta_offset = theta.view.offset,
                                                   .values = int(grid.shape.elements()),
                                                   .axes = int(grid.shape.back()),
                                                   .depth = rank == 5 ? int(grid.shape[1]) : 1,
                                                   .height = int(grid.shape[rank - 3]),
                                                   .width = int(grid.shape[rank - 2])};
    dispatch.bindings = {output(), input(0)};
    dispatch.operations = 32.0 * double(grid.shape.elements());
    set_linear_grid(dispatch, grid.elements4(), request.limits);
    Plan plan;
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

} // namespace vkseg
