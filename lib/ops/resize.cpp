#include "resize.h"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/operators.hpp"
#include "ops/resize_taps.hpp"
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
                      std::string(what) + " must be a list, got a tensor " + to_string(constant->shape()));
    values = constant->to_floats();
    return {};
}

/// Batch entries and channels stay where they are.
bool keeps_place(const Resize& op, const ResizeAxis& axis)
{
    const std::vector<ResizeTap> taps = taps_of(op, axis);
    if (axis.input != axis.output || tap_count(op, axis) != 1)
        return false;
    for (size_t i = 0; i < taps.size(); ++i)
    {
        if (taps[i].position != int32_t(i))
            return false;
    }
    return true;
}

/// Depth, height and width; those that the tensor lacks are of extent 1.
std::array<ResizeAxis, 3> spatial_axes(std::span<const ResizeAxis> axes)
{
    std::array<ResizeAxis, 3> spatial;
    std::copy(axes.begin() + 2, axes.end(), spatial.end() - std::ptrdiff_t(axes.size() - 2));
    return spatial;
}

} // namespace

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
    VKSEG_ASSIGN(Outputs outputs, single_output(x.type, y, inputs.first(1)));
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
    std::array<contract::ResizeTaps, 3> taps = {};
    int64_t entries = 0;
    int64_t taps_each = 1;
    for (size_t i = 0; const ResizeAxis& axis : spatial_axes(axes))
    {
        taps[i] = {.first = int(entries), .count = tap_count(op, axis)};
        entries += axis.output * taps[i].count;
        taps_each *= taps[i].count;
        ++i;
        if (size_t(entries) * sizeof(ResizeTap) > request.limits.max_storage_buffer_range_bytes)
            return Status(StatusCode::out_of_memory, "the table of " + std::to_string(entries) +
                                                         " taps is larger than the device binds at a time: " +
                                                         std::to_string(request.limits.max_storage_buffer_range_bytes) +
                                                         " bytes");
    }
    const Operand* const operands[] = {&y, &x};
    VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(operands, request.limits));
    Plan plan = {.weight_forms = {0}};
    for (const BlockShare& share : shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, request.limits);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        Dispatch dispatch = {.shader = Shader::resize, .variant = request.real};
        dispatch.push_constants = contract::Resize{.x = from.view,
                                                   .y = to.view,
                                                   .source_height = x.height(),
                                                   .blocks = share.blocks,
                                                   .channels = y.channels() - share.first_block * 4,
                                                   .depth = y.depth(),
                                                   .height = y.height(),
                                                   .width = y.width(),
                                                   .depth_taps = taps[0],
                                                   .height_taps = taps[1],
                                                   .width_taps = taps[2],
                                                   .extrapolation = op.extrapolation_value};
        dispatch.bindings = {to.binding, from.binding, weights()};
        BlockShare groups = share;
        groups.blocks = (share.blocks + contract::resize_blocks - 1) / contract::resize_blocks;
        set_share_grid(dispatch, y, groups, request.limits);
        const Reading reading = {.binding = 1, .operand = &x};
        read_texels(dispatch, {&reading, 1}, request.limits);
        dispatch.operations = 8.0 * share.batches * share.blocks * y.rows() * y.width() * double(taps_each + 2);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

std::vector<std::byte> pack(const Resize& op, Inputs inputs, uint32_t, Storage)
{
    const Result<std::vector<ResizeAxis>> axes = resolve_resize(op, inputs[0].shape);
    assert(axes.is_ok()); // infer has seen them
    std::vector<ResizeTap> table;
    for (const ResizeAxis& axis : spatial_axes(*axes))
    {
        const std::vector<ResizeTap> taps = taps_of(op, axis);
        table.insert(table.end(), taps.begin(), taps.end());
    }
    const auto bytes = std::as_bytes(std::span(table));
    return {bytes.begin(), bytes.end()};
}

} // namespace vkseg
