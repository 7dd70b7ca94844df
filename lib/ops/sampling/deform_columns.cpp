#include "sampling/deform_columns.h"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "ops/window.hpp"

namespace vkseg {
namespace {

Status check_maps(const char* what, const TensorInfo& maps, const Shape& expected)
{
    if (is_float(maps.type) && maps.shape == expected)
        return {};
    return Status(StatusCode::invalid_model, std::string(what) + " must be floats of shape " + to_string(expected) +
                                                 ", got " + name(maps.type) + " " + to_string(maps.shape));
}

} // namespace

Signature signature(const DeformColumns&)
{
    return {.name = "DeformColumns", .min_inputs = 2, .max_inputs = 3, .data_inputs = 3, .f32_input = 1};
}

Result<Outputs> infer(const DeformColumns& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    VKSEG_TRY(check_spatial_input(inputs));
    const Shape& x = inputs[0].shape;
    if (x.rank() != 4)
        return Status(StatusCode::unsupported, "x must have 2 spatial axes, got " + to_string(x));
    for (const int64_t groups : {op.groups, op.offset_groups})
    {
        if (groups < 1 || x[1] % groups != 0)
            return Status(StatusCode::invalid_model, "groups must divide the channels of x, " + std::to_string(x[1]) +
                                                         ", got " + std::to_string(groups));
    }
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, x));
    const int64_t taps = geometry.taps();
    if (taps > INT32_MAX / 8 / std::max<int64_t>(x[1], 1))
        return Status(StatusCode::unsupported,
                      "the window has too many taps, " + std::to_string(taps) + " for x " + to_string(x));
    VKSEG_TRY(check_maps("offsets", inputs[1], geometry.output_shape(x[0], op.offset_groups * taps * 2)));
    if (is_given(inputs, 2))
        VKSEG_TRY(check_maps("mask", inputs[2], geometry.output_shape(x[0], op.offset_groups * taps)));
    return single_output(inputs[0].type, geometry.output_shape(x[0], x[1] * taps));
}

LayoutRule layout_rule(const DeformColumns&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const DeformColumns& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& offsets = request.inputs[1];
    const bool has_mask = request.inputs.size() > 2 && request.inputs[2].is_present;
    const Operand mask = has_mask ? request.inputs[2] : Operand();
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("offsets", offsets, request.limits));
    VKSEG_TRY(check_binding("mask", mask, request.limits));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, x.shape));
    const WindowAxis& height = geometry.height();
    const WindowAxis& width = geometry.width();
    const int group_channels = x.channels() / int(op.groups);
    const int offset_channels = x.channels() / int(op.offset_groups);
    const Operand* const shared[] = {&y};
    VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(shared, request.limits));
    Plan plan;
    for (const BlockShare& share : shares)
    {
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        const auto from_batch = [&](View view)
        {
            view.offset += share.first_batch * view.batch_pitch;
            return view;
        };
        Dispatch dispatch = {.shader = Shader::deform_columns,
                             .variant = request.real,
                             .specialization = {{contract::deform_kernel_height_id, height.kernel},
                                                {contract::deform_kernel_width_id, width.kernel},
                                                {contract::deform_stride_y_id, height.stride},
                                                {contract::deform_stride_x_id, width.stride},
                                                {contract::deform_dilation_y_id, height.dilation},
                                                {contract::deform_dilation_x_id, width.dilation},
                                                {contract::deform_has_mask_id, has_mask},
                                                {contract::deform_has_whole_blocks_id,
                                                 group_channels % 4 == 0 && offset_channels % 4 == 0}}};
        dispatch.push_constants = contract::DeformColumns{.x = from_batch(x.view),
                                                          .y = to.view,
                                                          .offsets = from_batch(offsets.view),
                                                          .mask = from_batch(mask.view),
                                                          .first_block = share.first_block,
                                                          .blocks = share.blocks,
                                                          .channels = y.channels(),
                                                          .group_channels = group_channels,
                                                          .offset_channels = offset_channels,
                                                          .input_height = x.height(),
                                                          .input_width = x.width(),
                                                          .output_height = y.height(),
                                                          .output_width = y.width(),
                                                          .pad_top = height.pad_begin,
                                                          .pad_left = width.pad_begin};
        // Every binding needs a buffer: without a mask, the last is not read.
        dispatch.bindings = {to.binding, input(0), input(1), input(has_mask ? 2 : 1)};
        set_share_grid(dispatch, y, share, request.limits);
        dispatch.operations = 64.0 * share.batches * share.blocks * y.rows() * y.width();
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
