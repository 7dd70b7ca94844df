#include "base/try.hpp"
#include "ops/convolution_inputs.hpp"
#include "ops/convolution_weights.hpp"
#include "ops/operators.hpp"
#include "ops/winograd.hpp"

namespace vkseg {
namespace {

Result<WindowGeometry> resolve_geometry(const Conv& op, Inputs inputs)
{
    VKSEG_ASSIGN(const Window window, window_of_weights(op.window, inputs[1].shape));
    return resolve_window(window, inputs[0].shape);
}

ConvolutionChannels channels_of(const Conv& op, const Shape& weights)
{
    return {.inputs = int(weights[1] * op.groups), .outputs = int(weights[0]), .groups = int(op.groups)};
}

WeightOrder weight_order(const Conv& op, const Shape& weights, uint32_t form)
{
    const int taps = int(weights.elements() / (weights[0] * weights[1]));
    return {.channels = channels_of(op, weights), .taps = taps, .form = form};
}

} // namespace

Result<Outputs> infer(const Conv& op, Inputs inputs)
{
    VKSEG_TRY(check_convolution_inputs("Conv", inputs, op.has_residual));
    const Shape& x = inputs[0].shape;
    const Shape& weights = inputs[1].shape;
    VKSEG_TRY(check_groups(op.groups, x, weights, 1));
    VKSEG_TRY(check_bias(inputs, op.has_residual, weights[0]));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_geometry(op, inputs));
    const Shape y = geometry.output_shape(x[0], weights[0]);
    VKSEG_TRY(check_kernel_range(geometry, y));
    if (op.has_residual && (inputs.back().shape != y || !is_float(inputs.back().type)))
        return Status(StatusCode::invalid_model, "residual must be floats of shape " + to_string(y) + ", got " +
                                                     name(inputs.back().type) + " " + to_string(inputs.back().shape));
    if (op.adds_residual_last && !is_fused_by_convolutions(op.activation.kind))
        return Status(StatusCode::unsupported, "a residual behind an activation that convolutions do not fuse");
    return Outputs{{.type = inputs[0].type, .shape = y}};
}

LayoutRule layout_rule(const Conv&, Inputs)
{
    return LayoutRule::blocked;
}

size_t data_inputs(const Conv&, Inputs)
{
    return 1;
}

Result<Plan> plan(const Conv& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_geometry(op, request.infos));
    const Shape& weights = request.infos[1].shape;
    VKSEG_ASSIGN(ConvolutionPlan shared,
                 choose_convolution(request, channels_of(op, weights), geometry.taps(), op.activation,
                                    op.has_residual ? &request.inputs.back() : nullptr));
    shared.adds_residual_last = op.adds_residual_last;
    const Extent2 pads = extents(geometry, &WindowAxis::pad_begin);
    const ConvolutionPass pass = {.grid = extents(geometry, &WindowAxis::output),
                                  .kernel = extents(geometry, &WindowAxis::kernel),
                                  .stride = extents(geometry, &WindowAxis::stride),
                                  .dilation = extents(geometry, &WindowAxis::dilation),
                                  .origin = {-pads.height, -pads.width}};
    Plan plan;
    const WinogradPasses winograd = {.window = pass, .passes = {pass}};
    const ConvolutionPlan products = winograd_plan(request, shared);
    if (const int outputs = choose_winograd(request, products, winograd))
    {
        VKSEG_ASSIGN(plan, plan_winograd(request, products, winograd, winograd_form(products.form, outputs)));
    }
    else
    {
        shared.weights_elements = weight_order(op, weights, shared.form).elements();
        plan.weight_forms = {shared.form};
        VKSEG_TRY(add_pass(plan, request, shared, pass));
    }
    VKSEG_TRY(add_activation(plan, request, op.activation));
    return plan;
}

Packing pack(const Conv& op, Inputs inputs, uint32_t form, Storage storage)
{
    const Tensor& weights = *inputs[1].constant;
    const Tensor* const bias = has_bias(inputs, op.has_residual) ? inputs[2].constant : nullptr;
    const WeightOrder order = weight_order(op, weights.shape(), form);
    const bool is_direct = winograd_outputs(form) == 0;
    const auto write = [=, &weights](std::span<std::byte> to)
    {
        const FloatValues values(weights);
        const std::vector<float> bias_values = bias == nullptr ? std::vector<float>() : bias->to_floats();
        const size_t window = size_t(order.taps);
        const size_t output_pitch = size_t(order.channels.group_inputs()) * window;
        WeightSource source = {.values = values.span(),
                               .group_pitch = size_t(order.channels.group_outputs()) * output_pitch,
                               .output_pitch = output_pitch,
                               .input_pitch = window};
        for (size_t tap = 0; tap < window; ++tap)
            source.taps.push_back(tap);
        if (is_direct)
            pack_weights(order, bias_values, source, storage, to);
        else
            pack_winograd(order.channels, form, bias_values, source, storage, to);
    };
    return {.bytes = is_direct ? packed_bytes(order, storage) : packed_winograd_bytes(order.channels, form, storage),
            .write = write};
}

int64_t multiply_adds(const Conv&, Inputs inputs, const Outputs& outputs)
{
    const Shape& weights = inputs[1].shape;
    return outputs[0].shape.elements() * (weights.elements() / weights[0]);
}

} // namespace vkseg
