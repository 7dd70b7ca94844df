#include "picture/picture_to_tensor.h"
#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/loop_turns.hpp"
#include "ops/picture/picture_placement.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vkseg {
namespace {

int64_t channels_of(const PictureToTensor& op)
{
    return op.order == ChannelOrder::grey ? 1 : 3;
}

Status check_per_channel(const char* what, const std::vector<float>& values, int64_t channels)
{
    if (values.empty() || int64_t(values.size()) == channels)
        return {};
    return Status(StatusCode::invalid_model, std::string(what) + " needs a value for each of " +
                                                 std::to_string(channels) + " channels, got " +
                                                 std::to_string(values.size()));
}

/// Half the extent of the filter along a side: of linear interpolation, or of all pixels that one output covers.
float support(int64_t from, int64_t to, bool antialias)
{
    const double scale = double(from) / double(to);
    return antialias ? float(std::max(1.0, scale)) : 1.0f;
}

/// Max pixels along a side that a filter of this support covers.
int64_t taps_along(float support, int64_t from)
{
    return std::min(from, int64_t(std::ceil(2 * double(support))) + 1);
}

/// Number of picture rows that a dispatch may add: all, unless they exceed a binding or the limit on loop iterations.
/// Fails if not even one row fits.
Result<int64_t> rows_per_slice(const Operand& picture, float support_y, float support_x, const Limits& limits)
{
    const int64_t height = picture.shape[0];
    const int64_t taps = taps_along(support_x, picture.shape[1]);
    int64_t rows = height;
    const std::array<int64_t, 2> loops = {taps_along(support_y, height), taps};
    if (count_loop_turns(1, loops) > limits.max_loop_turns)
    {
        const std::array<int64_t, 2> one_row = {1, taps};
        VKSEG_TRY(check_loop_turns(count_loop_turns(1, one_row), limits));
        rows = (limits.max_loop_turns - 2) / (taps + 2); // count_loop_turns() of `rows` and `taps`
    }
    if (picture.buffer_bytes > limits.max_storage_buffer_range_bytes)
    {
        const size_t usable = limits.max_storage_buffer_range_bytes - limits.storage_buffer_alignment_bytes;
        const size_t row_bytes = size_t(picture.shape[1]) * size_t(picture.shape[2]);
        if (row_bytes + element_bytes(Storage::u8) > usable)
            return check_binding("picture", picture, limits);
        rows = std::min(rows, int64_t((usable - element_bytes(Storage::u8)) / row_bytes));
    }
    return rows;
}

/// Window of the picture's memory that holds the rows, and the offset of the picture's pixel 0 in it.
struct PictureWindow
{
    Binding binding;
    int picture_offset = 0;
};

PictureWindow bind_rows(const Operand& picture, int64_t begin, int64_t end, const Limits& limits)
{
    const size_t word = element_bytes(Storage::u8);
    const size_t row_bytes = size_t(picture.shape[1]) * size_t(picture.shape[2]);
    const size_t offset = size_t(picture.view.offset) * word;
    const size_t aligned = (offset + size_t(begin) * row_bytes) / limits.storage_buffer_alignment_bytes *
                           limits.storage_buffer_alignment_bytes;
    PictureWindow window = {.binding = input(0)};
    window.binding.offset_bytes = aligned;
    window.binding.size_bytes = round_up(offset + size_t(end) * row_bytes, word) - aligned;
    window.picture_offset = picture.view.offset - int(aligned / word);
    return window;
}

/// Adds the picture's rows slice by slice, bit-identical to a single dispatch: outputs whose rows lie in several slices
/// keep their sums in f32 scratch memory between slices.
Result<Plan> plan_slices(const Dispatch& whole, contract::PictureToTensor push, const PlanRequest& request,
                         int64_t rows)
{
    const Operand& picture = request.inputs[0];
    Operand sums = request.outputs[0];
    sums.storage = Storage::f32;
    sums.buffer_bytes = size_t(sums.elements4()) * element_bytes(Storage::f32);
    VKSEG_TRY(check_binding("sums of the picture's rows", sums, request.limits));
    Plan plan = {.dispatches = {}, .scratch_bytes = {sums.buffer_bytes}};
    const int64_t height = picture.shape[0];
    for (int64_t begin = 0; begin < height; begin += rows)
    {
        const int64_t end = std::min(begin + rows, height);
        const PictureWindow window = bind_rows(picture, begin, end, request.limits);
        push.picture_offset = window.picture_offset;
        push.slice_begin = int(begin);
        push.slice_end = int(end);
        Dispatch dispatch = whole;
        dispatch.specialization = {{contract::picture_is_sliced_id, true}};
        dispatch.push_constants = push;
        dispatch.bindings = {output(), window.binding, scratch()};
        dispatch.operations = whole.operations * double(end - begin) / double(height);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace

Signature signature(const PictureToTensor&)
{
    return {.name = "PictureToTensor", .has_picture_bytes = true};
}

Result<Outputs> infer(const PictureToTensor& op, Inputs inputs)
{
    if (inputs.size() != 1)
        return Status(StatusCode::invalid_model, "takes 1 input, got " + std::to_string(inputs.size()));
    VKSEG_TRY(check_picture(inputs[0]));
    const int64_t channels = channels_of(op);
    VKSEG_TRY(check_per_channel("mean", op.mean, channels));
    VKSEG_TRY(check_per_channel("scale", op.scale, channels));
    VKSEG_TRY(check_per_channel("fill", op.fill, channels));
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, inputs[0].shape));
    const Shape shape = {1, channels, placed.tensor_height, placed.tensor_width};
    if (shape.elements() >= int64_t(1) << 31)
        return Status(StatusCode::invalid_argument,
                      "the network's input must have fewer than 2^31 values, got shape " + to_string(shape));
    return Outputs{{.type = DType::f32, .shape = shape}};
}

LayoutRule layout_rule(const PictureToTensor&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const PictureToTensor& op, const PlanRequest& request)
{
    const Operand& picture = request.inputs[0];
    const Operand& result = request.outputs[0];
    VKSEG_TRY(check_binding("output", result, request.limits));
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, picture.shape));

    const auto channel = [](const std::vector<float>& values, size_t i, float otherwise)
    { return i < values.size() ? values[i] : otherwise; };
    const auto mean = [&](size_t i) { return channel(op.mean, i, 0); };
    const contract::PictureToTensor push = {
        .result = result.view,
        .picture_offset = picture.view.offset,
        .picture_height = int(picture.shape[0]),
        .picture_width = int(picture.shape[1]),
        .picture_channels = int(picture.shape[2]),
        .tensor_height = int(placed.tensor_height),
        .tensor_width = int(placed.tensor_width),
        .top = int(placed.top),
        .left = int(placed.left),
        .height = int(placed.height),
        .width = int(placed.width),
        .order = int(op.order),
        .support_y = support(picture.shape[0], placed.height, op.antialias),
        .support_x = support(picture.shape[1], placed.width, op.antialias),
        .mean_0 = mean(0),
        .mean_1 = mean(1),
        .mean_2 = mean(2),
        .scale_0 = channel(op.scale, 0, 1),
        .scale_1 = channel(op.scale, 1, 1),
        .scale_2 = channel(op.scale, 2, 1),
        .fill_0 = channel(op.fill, 0, mean(0)),
        .fill_1 = channel(op.fill, 1, mean(1)),
        .fill_2 = channel(op.fill, 2, mean(2)),
    };
    const double taps = 4.0 * double(push.support_y) * double(push.support_x);
    Dispatch dispatch = {
        .shader = Shader::picture_to_tensor,
        .variant = request.real,
        .specialization = {{contract::picture_is_sliced_id, false}},
        .push_constants = push,
        .bindings = {output(), input(0), output()}, // no slices, no sums
        .operations = 16 * taps * double(result.elements4()),
    };
    set_linear_grid(dispatch, result.elements4(), request.limits);
    VKSEG_ASSIGN(const int64_t rows, rows_per_slice(picture, push.support_y, push.support_x, request.limits));
    if (rows < picture.shape[0])
        return plan_slices(dispatch, push, request, rows);
    return Plan{.dispatches = {dispatch}};
}

} // namespace vkseg
