#include "resize/resize.h"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/operators.hpp"
#include "ops/resize/tap_table.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {
namespace {

Status read_floats(Inputs inputs, size_t index, const char* what, std::vector<float>& values)
{
    if (!is_given(inputs, index) || inputs[index].shape == Shape{0})
        return {};
    const Tensor* constant = inputs[index].constant;
    if (constant == nullptr)
        return Status(StatusCode::unsupported, std::string(what) + " must be constant or computable from shapes");
    if (constant->shape().rank() > 1)
        return Status(StatusCode::invalid_model,
                      std::string(what) + " must be a list, got a tensor of shape " + to_string(constant->shape()));
    if (constant->elements() > int64_t(2 * Shape::max_rank))
        return Status(StatusCode::invalid_model, std::string(what) + " must have at most " +
                                                     std::to_string(2 * Shape::max_rank) + " values, got " +
                                                     std::to_string(constant->elements()));
    values = constant->to_floats();
    return {};
}

/// Batch entries and channels stay where they are.
bool keeps_place(const Resize& op, const ResizeAxis& axis)
{
    if (axis.input != axis.output || tap_count(op, axis) != 1)
        return false;
    const std::vector<ResizeTap> taps = taps_of(op, axis);
    for (size_t i = 0; i < taps.size(); ++i)
    {
        if (taps[i].position != int32_t(i))
            return false;
    }
    return true;
}

Shader shader_of(const TapTable& table)
{
    if (!table.is_plane())
        return Shader::resize;
    const int taps = table.taps()[2];
    return taps == 1 ? Shader::resize_nearest : taps == 2 ? Shader::resize_linear : Shader::resize_cubic;
}

} // namespace

Signature signature(const Resize&)
{
    return {.name = "Resize", .max_inputs = 4, .packs_shapes = true};
}

Status resolve(Resize& op, Inputs inputs)
{
    if (op.coordinates == CoordinateTransformation::tf_crop_and_resize)
        VKSEG_TRY(read_floats(inputs, 1, "roi", op.roi));
    VKSEG_TRY(read_floats(inputs, 2, "scales", op.scales));
    if (!is_given(inputs, 3) || inputs[3].shape == Shape{0})
        return {};
    return read_parameter(inputs, 3, "sizes", op.sizes);
}

Result<Outputs> infer(const Resize& op, Inputs inputs)
{
    VKSEG_TRY(check_spatial_input(inputs));
    const TensorInfo& x = inputs[0];
    VKSEG_ASSIGN(const std::vector<ResizeAxis> axes, resolve_resize(op, x.shape));
    Shape y;
    for (const ResizeAxis& axis : axes)
        y.append(axis.output);
    VKSEG_ASSIGN(Outputs outputs, single_output(x.type, y));
    if (!keeps_place(op, axes[0]) || !keeps_place(op, axes[1]))
        return Status(StatusCode::unsupported, "only spatial axes can be resized, not the batch or channels: " +
                                                   to_string(x.shape) + " to " + to_string(y));
    return outputs;
}

LayoutRule layout_rule(const Resize&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const Resize& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_ASSIGN(const std::vector<ResizeAxis> axes, resolve_resize(op, x.shape));
    const TapTable table(op, axes);
    VKSEG_TRY(table.check(request.limits));
    const Operand table_operand = {.buffer_bytes = table.bytes()};
    VKSEG_ASSIGN(const TexelShares found, share_texels(y, x, request.limits));
    Plan plan = {.weight_layouts = {WeightLayout{}}};
    for (const BlockShare& share : found.shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, found.reading);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        const int each = blocks_per_invocation(share.blocks);
        Dispatch dispatch = {.shader = shader_of(table),
                             .variant = request.real,
                             .specialization = {{contract::resize_blocks_id, each}}};
        dispatch.push_constants = contract::Resize{.x = from.view,
                                                   .y = to.view,
                                                   .source_height = x.height(),
                                                   .blocks = share.blocks,
                                                   .channels = y.channels() - share.first_block * 4,
                                                   .depth = y.depth(),
                                                   .height = y.height(),
                                                   .width = y.width(),
                                                   .depth_taps = table.taps()[0],
                                                   .height_taps = table.taps()[1],
                                                   .width_taps = table.taps()[2],
                                                   .depth_table = int(table.begin(0)),
                                                   .height_table = int(table.begin(1)),
                                                   .width_table = int(table.begin(2)),
                                                   .extrapolation = op.extrapolation_value};
        dispatch.bindings = {to.binding, from.binding, weights()};
        BlockShare groups = share;
        groups.blocks = div_ceil(share.blocks, each);
        set_share_grid(dispatch, y, groups, request.limits);
        const Reading readings[] = {{.binding = 1, .operand = &x}, {.binding = 2, .operand = &table_operand}};
        read_texels(dispatch, readings, request.limits);
        const double taps = double(table.taps()[0]) * table.taps()[1] * table.taps()[2];
        dispatch.operations = 8.0 * share.batches * share.blocks * y.rows() * y.width() * (taps + 2);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

Packing pack(const Resize& op, Inputs inputs, const WeightLayout&, Storage)
{
    const Result<std::vector<ResizeAxis>> axes = resolve_resize(op, inputs[0].shape);
    assert(axes.is_ok()); // infer() accepted them
    return TapTable(op, *axes).pack();
}

} // namespace vkseg
