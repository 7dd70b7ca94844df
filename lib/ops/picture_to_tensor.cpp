#include "picture_to_tensor.h"
#include "base/try.hpp"
#include "ops/picture_placement.hpp"

#include <algorithm>

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

} // namespace

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
        return Status(StatusCode::invalid_argument, "an input of " + to_string(shape) + " is too large");
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
    VKSEG_TRY(check_binding("picture", picture, request.limits));
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
        .push_constants = push,
        .bindings = {output(), input(0)},
        .operations = 16 * taps * double(result.elements4()),
    };
    set_linear_grid(dispatch, result.elements4(), request.limits);
    return Plan{.dispatches = {dispatch}};
}

} // namespace vkseg
