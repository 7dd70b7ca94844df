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

/// The table of taps that the kernels read (shaders/resize.h), and which kernel that is.
struct TapTable
{
    TapTable(const Resize& op, const std::array<ResizeAxis, 3>& spatial)
    {
        for (size_t axis = 0; axis < spatial.size(); ++axis)
            taps[axis] = tap_count(op, spatial[axis]);
        const bool is_plane = spatial[0].output == 1 && taps[0] == 1;
        const int most = std::max(taps[1], taps[2]);
        if (is_plane)
        {
            shader = most == 1 ? Shader::resize_nearest : most == 2 ? Shader::resize_linear : Shader::resize_cubic;
            taps[1] = taps[2] = most;
        }
        for (size_t axis = 0; axis < spatial.size(); ++axis)
            ends[axis] = begin(axis) + spatial[axis].output * (is_paired() ? (taps[axis] + 1) / 2 : taps[axis]);
    }

    bool is_paired() const { return shader != Shader::resize; }
    int64_t begin(size_t axis) const { return axis == 0 ? 0 : ends[axis - 1]; } ///< in elements
    size_t bytes() const { return size_t(ends.back()) * element_bytes(Storage::f32); }

    Shader shader = Shader::resize;
    std::array<int, 3> taps = {}; ///< for each output position of depth, height and width
    std::array<int64_t, 3> ends = {};
};

Status check_table(const TapTable& table, const Limits& limits)
{
    if (table.bytes() <= limits.max_storage_buffer_range_bytes)
        return {};
    return Status(StatusCode::out_of_memory, "the table of taps takes " + std::to_string(table.bytes()) +
                                                 " bytes, but the device binds at most " +
                                                 std::to_string(limits.max_storage_buffer_range_bytes) + " at a time");
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
    const TapTable table(op, spatial_axes(axes));
    VKSEG_TRY(check_table(table, request.limits));
    const Operand table_operand = {.buffer_bytes = table.bytes()};
    VKSEG_ASSIGN(const TexelShares found, share_texels(y, x, request.limits));
    Plan plan = {.weight_forms = {0}};
    for (const BlockShare& share : found.shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, found.reading);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        const int each = blocks_per_invocation(share.blocks);
        Dispatch dispatch = {.shader = table.shader, .variant = request.real, .specialization = {uint32_t(each)}};
        dispatch.push_constants = contract::Resize{.x = from.view,
                                                   .y = to.view,
                                                   .source_height = x.height(),
                                                   .blocks = share.blocks,
                                                   .channels = y.channels() - share.first_block * 4,
                                                   .depth = y.depth(),
                                                   .height = y.height(),
                                                   .width = y.width(),
                                                   .depth_taps = table.taps[0],
                                                   .height_taps = table.taps[1],
                                                   .width_taps = table.taps[2],
                                                   .depth_table = int(table.begin(0)),
                                                   .height_table = int(table.begin(1)),
                                                   .width_table = int(table.begin(2)),
                                                   .extrapolation = op.extrapolation_value};
        dispatch.bindings = {to.binding, from.binding, weights()};
        BlockShare groups = share;
        groups.blocks = (share.blocks + each - 1) / each;
        set_share_grid(dispatch, y, groups, request.limits);
        const Reading readings[] = {{.binding = 1, .operand = &x}, {.binding = 2, .operand = &table_operand}};
        read_texels(dispatch, readings, request.limits);
        const double taps = double(table.taps[0]) * table.taps[1] * table.taps[2];
        dispatch.operations = 8.0 * share.batches * share.blocks * y.rows() * y.width() * (taps + 2);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

Packing pack(const Resize& op, Inputs inputs, uint32_t, Storage)
{
    const Result<std::vector<ResizeAxis>> axes = resolve_resize(op, inputs[0].shape);
    assert(axes.is_ok()); // infer has seen them
    const std::array<ResizeAxis, 3> spatial = spatial_axes(*axes);
    const TapTable table(op, spatial);
    std::vector<float> values;
    values.reserve(table.bytes() / sizeof(float));
    for (size_t axis = 0; axis < spatial.size(); ++axis)
    {
        // An axis with one tap beside one with two has it twice, each with half the weight: they add up exactly.
        const int parts = table.taps[axis] / tap_count(op, spatial[axis]);
        for (const ResizeTap& tap : taps_of(op, spatial[axis]))
        {
            for (int part = 0; part < parts; ++part)
                values.insert(values.end(), {float(tap.position), tap.weight / float(parts)});
            if (!table.is_paired() || table.taps[axis] == 1)
                values.insert(values.end(), {0.0f, 0.0f});
        }
    }
    assert(values.size() * sizeof(float) == table.bytes());
    return packing_of(std::move(values));
}

} // namespace vkseg
