#include "sampling/grid_sample.h"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

int taps_of(ResizeMode mode)
{
    return mode == ResizeMode::nearest ? 1 : mode == ResizeMode::linear ? 2 : 4;
}

} // namespace

static_assert(int(GridPadding::zeros) == contract::grid_padding_zeros &&
              int(GridPadding::border) == contract::grid_padding_border &&
              int(GridPadding::reflection) == contract::grid_padding_reflection);

Signature signature(const GridSample&)
{
    return {.name = "GridSample", .min_inputs = 2, .max_inputs = 2, .data_inputs = 2, .f32_input = 1};
}

Result<Outputs> infer(const GridSample&, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    VKSEG_TRY(check_spatial_input(inputs));
    const Shape& x = inputs[0].shape;
    const Shape& grid = inputs[1].shape;
    if (x.rank() < 4)
        return Status(StatusCode::unsupported, "x must have 2 or 3 spatial axes, got " + to_string(x));
    const int64_t coordinates = int64_t(x.rank()) - 2;
    if (!is_float(inputs[1].type) || grid.rank() != x.rank() || grid[0] != x[0] || grid.back() != coordinates)
        return Status(StatusCode::invalid_model, "the grid must be floats with the rank and batch of x, " +
                                                     to_string(x) + ", and " + std::to_string(coordinates) +
                                                     " coordinates as last axis, got " + name(inputs[1].type) + " " +
                                                     to_string(grid));
    Shape y = x;
    for (size_t axis = 2; axis < x.rank(); ++axis)
        y[axis] = grid[axis - 1];
    if (is_empty(x) && !is_empty(y))
        return Status(StatusCode::invalid_model, "x has no pixels to sample, got " + to_string(x));
    return single_output(inputs[0].type, y);
}

LayoutRule layout_rule(const GridSample&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const GridSample& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& grid = request.inputs[1];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("grid", grid, request.limits));
    VKSEG_ASSIGN(const TexelShares found, share_texels(y, x, request.limits));
    const bool is_volume = x.shape.rank() == 5;
    const int taps = taps_of(op.mode);
    Plan plan;
    for (const BlockShare& share : found.shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, found.reading);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        const int each = blocks_per_invocation(share.blocks);
        View grid_view = grid.view;
        grid_view.offset += share.first_batch * grid.view.batch_pitch;
        Dispatch dispatch = {.shader = is_volume ? Shader::grid_sample_volume : Shader::grid_sample,
                             .variant = request.real,
                             .specialization = {{contract::grid_sample_blocks_id, each},
                                                {contract::grid_sample_padding_id, int(op.padding)},
                                                {contract::grid_sample_align_corners_id, op.align_corners},
                                                {contract::grid_sample_taps_id, taps}}};
        dispatch.push_constants = contract::GridSample{.x = from.view,
                                                       .y = to.view,
                                                       .grid = grid_view,
                                                       .blocks = share.blocks,
                                                       .input_depth = x.depth(),
                                                       .input_height = x.height(),
                                                       .input_width = x.width(),
                                                       .output_depth = y.depth(),
                                                       .output_height = y.height(),
                                                       .output_width = y.width()};
        dispatch.bindings = {to.binding, from.binding, input(1)};
        BlockShare groups = share;
        groups.blocks = div_ceil(share.blocks, each);
        set_share_grid(dispatch, y, groups, request.limits);
        const Reading reading = {.binding = 1, .operand = &x};
        read_texels(dispatch, {&reading, 1}, request.limits);
        const double taps_of_pixel = double(taps) * taps * (is_volume ? taps : 1);
        dispatch.operations = 8.0 * share.batches * share.blocks * y.rows() * y.width() * (taps_of_pixel + 4);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
