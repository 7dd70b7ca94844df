#include "picture/tensor_to_mask.h"
#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vkseg {
namespace {

Status check_soft_class(const TensorToMask& op, int64_t channels)
{
    const int64_t classes = op.source == MaskSource::labels ? 256 : std::max<int64_t>(2, channels);
    if (op.soft_class >= -1 && op.soft_class < classes)
        return {};
    return Status(StatusCode::invalid_model, "the class of the soft mask must be -1 to " + std::to_string(classes - 1) +
                                                 ", got " + std::to_string(op.soft_class));
}

int source_code(const TensorToMask& op, int channels)
{
    switch (op.source)
    {
    case MaskSource::labels:
        return contract::mask_source_labels;
    case MaskSource::probabilities:
        return channels > 1 ? contract::mask_source_class_probabilities : contract::mask_source_probability;
    case MaskSource::logits:
        break;
    }
    return channels > 1 ? contract::mask_source_class_logits : contract::mask_source_logit;
}

constexpr uint32_t mask_count = 3;

/// Number of mask pixels that a dispatch may write: all, unless a mask exceeds a binding; then a multiple of four.
int64_t pixels_per_band(const PlanRequest& request, const std::array<bool, mask_count>& has, int64_t pixels)
{
    const size_t range = request.limits.max_storage_buffer_range_bytes;
    for (uint32_t i = 0; i < mask_count; ++i)
    {
        if (has[i] && request.outputs[i].buffer_bytes > range)
            return int64_t(range - request.limits.storage_buffer_alignment_bytes) / 4 * 4;
    }
    return pixels;
}

/// Window of a mask's memory that a dispatch writes, and the offset of its first pixel there, in words.
struct MaskWindow
{
    Binding binding;
    int offset = 0;
};

MaskWindow bind_band(uint32_t index, const Operand& mask, int64_t first, int64_t pixels, const Limits& limits)
{
    if (mask.buffer_bytes <= limits.max_storage_buffer_range_bytes)
        return {.binding = output(index), .offset = mask.view.offset + int(first / 4)};
    const size_t word = element_bytes(Storage::u8);
    const size_t begin = size_t(mask.view.offset) * word + size_t(first);
    const size_t aligned = begin / limits.storage_buffer_alignment_bytes * limits.storage_buffer_alignment_bytes;
    MaskWindow window = {.binding = output(index), .offset = int((begin - aligned) / word)};
    window.binding.offset_bytes = aligned;
    window.binding.size_bytes = begin + round_up(size_t(pixels), word) - aligned;
    return window;
}

/// Every binding needs a buffer: an unused mask is bound to the buffer of a used one, and not written.
std::array<MaskWindow, mask_count> bind_masks(const PlanRequest& request, const std::array<bool, mask_count>& has,
                                              int64_t first, int64_t pixels)
{
    const auto wanted = uint32_t(std::find(has.begin(), has.end(), true) - has.begin());
    std::array<MaskWindow, mask_count> windows;
    for (uint32_t i = 0; i < mask_count; ++i)
    {
        const uint32_t index = has[i] ? i : wanted;
        windows[i] = bind_band(index, request.outputs[index], first, pixels, request.limits);
    }
    return windows;
}

} // namespace

Signature signature(const TensorToMask&)
{
    return {.name = "TensorToMask",
            .min_inputs = 2,
            .max_inputs = 2,
            .max_outputs = 3,
            .data_inputs = 2,
            .has_picture_bytes = true};
}

SampledSide sampled_side(int64_t placed_begin, int64_t placed, int64_t input, int64_t tensor, int64_t picture)
{
    const double scale = double(tensor) / double(input);
    const double begin = double(placed_begin) * scale;
    const double extent = double(placed) * scale;
    const double last = double(tensor - 1);
    SampledSide side;
    side.step = extent / double(picture);
    side.offset = begin - 0.5;
    // Half a cell inside the rectangle, so that the border around a letterboxed picture does not leak in.
    side.low = std::clamp(extent < 1 ? begin + extent / 2 - 0.5 : begin, 0.0, last);
    side.high = std::clamp(extent < 1 ? side.low : begin + extent - 1, side.low, last);
    return side;
}

Result<Outputs> infer(const TensorToMask& op, Inputs inputs)
{
    if (inputs.size() != 2)
        return Status(StatusCode::invalid_model, "takes 2 inputs, got " + std::to_string(inputs.size()));
    const Shape& shape = inputs[0].shape;
    if (!is_float(inputs[0].type) || shape.rank() != 4 || shape[0] != 1)
        return Status(StatusCode::invalid_model, "the network's output must be floats of shape 1xCxHxW, got " +
                                                     std::string(name(inputs[0].type)) + " " + to_string(shape));
    for (const int64_t extent : shape.extents())
    {
        if (extent < 1 || extent > max_picture_extent)
            return Status(StatusCode::invalid_model, "the network's output must have extents from 1 to " +
                                                         std::to_string(max_picture_extent) + ", got " +
                                                         to_string(shape));
    }
    if (shape[1] > 256)
        return Status(StatusCode::unsupported,
                      "expected at most 256 classes, as labels are bytes, got " + std::to_string(shape[1]));
    if (op.source == MaskSource::labels && shape[1] != 1)
        return Status(StatusCode::invalid_model,
                      "an output of labels must have one channel, got " + std::to_string(shape[1]));
    if (!(op.threshold >= 0 && op.threshold <= 1))
        return Status(StatusCode::invalid_model, "threshold must be 0 to 1, got " + std::to_string(op.threshold));
    VKSEG_TRY(check_soft_class(op, shape[1]));
    VKSEG_TRY(check_picture(inputs[1]));
    VKSEG_TRY(place_picture(op.placement, inputs[1].shape).status());
    const Shape picture = inputs[1].shape;
    return Outputs(3, TensorInfo{.type = DType::u8, .shape = {picture[0], picture[1]}});
}

LayoutRule layout_rule(const TensorToMask&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const TensorToMask& op, const PlanRequest& request)
{
    const Operand& tensor = request.inputs[0];
    const Shape& picture = request.infos[1].shape;
    VKSEG_TRY(check_binding("network output", tensor, request.limits));
    std::array<bool, mask_count> has = {};
    for (uint32_t i = 0; i < mask_count; ++i)
        has[i] = i < request.outputs.size() && request.outputs[i].is_present;
    if (std::find(has.begin(), has.end(), true) == has.end())
        return Plan{};

    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, picture));
    const SampledSide y = sampled_side(placed.top, placed.height, placed.tensor_height, tensor.height(), picture[0]);
    const SampledSide x = sampled_side(placed.left, placed.width, placed.tensor_width, tensor.width(), picture[1]);
    contract::TensorToMask push = {
        .tensor = tensor.view,
        .channels = tensor.channels(),
        .width = int(picture[1]),
        .source = source_code(op, tensor.channels()),
        .soft_class = int(op.soft_class),
        .threshold = op.threshold,
        .step_y = float(y.step),
        .step_x = float(x.step),
        .offset_y = float(y.offset),
        .offset_x = float(x.offset),
        .low_y = float(y.low),
        .low_x = float(x.low),
        .high_y = float(y.high),
        .high_x = float(x.high),
        .has_labels = has[0],
        .has_confidence = has[1],
        .has_soft_mask = has[2],
    };
    const int64_t pixels = picture[0] * picture[1];
    const int64_t band = pixels_per_band(request, has, pixels);
    Plan plan;
    for (int64_t first = 0; first < pixels; first += band)
    {
        const int64_t count = std::min(band, pixels - first);
        push.first = int(first);
        push.pixels = int(count);
        const std::array<MaskWindow, mask_count> windows = bind_masks(request, has, first, count);
        push.labels_offset = windows[0].offset;
        push.confidence_offset = windows[1].offset;
        push.soft_mask_offset = windows[2].offset;
        Dispatch dispatch = {
            .shader = Shader::tensor_to_mask,
            .variant = request.real,
            .push_constants = push,
            .bindings = {windows[0].binding, windows[1].binding, windows[2].binding, input(0)},
            .operations = 48.0 * double(tensor.blocks()) * double(count),
        };
        set_linear_grid(dispatch, div_ceil(count, 4), request.limits);
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
