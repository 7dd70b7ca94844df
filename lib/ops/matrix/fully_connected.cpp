#include "base/try.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/convolution/convolution_weights.hpp"
#include "ops/matrix/row_stack.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

ConvolutionChannels channels_of(const FullyConnected& op, const Shape& weights)
{
    return {.inputs = int(weights[op.has_inputs_first ? 0 : 1]), .outputs = int(weights[op.has_inputs_first ? 1 : 0])};
}

/// The rows of a linear tensor as the pixels of a picture, whose channels are the last axis. A blocked tensor is one.
Operand rows_as_pixels(const Operand& tensor)
{
    if (tensor.layout == Layout::blocked)
        return tensor;
    const int64_t channels = tensor.shape.back();
    const int64_t rows = tensor.shape.elements() / channels;
    return RowStack{.storage = tensor.storage,
                    .buffer_bytes = tensor.buffer_bytes,
                    .rows = rows,
                    .columns = channels,
                    .offset = tensor.view.offset,
                    .row_pitch = channels / 4,
                    .entry_pitch = rows * channels / 4}
        .pixels();
}

size_t channel_axis(const FullyConnected& op, const Shape& x)
{
    return op.is_over_channels ? 1 : x.rank() - 1;
}

} // namespace

Signature signature(const FullyConnected& op)
{
    const size_t appended = op.has_residual ? 1 : 0;
    return {.name = "FullyConnected",
            .min_inputs = 2,
            .max_inputs = 3 + appended,
            .trailing_data_inputs = appended,
            .is_f32 = op.is_exact};
}

Result<Outputs> infer(const FullyConnected& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const TensorInfo& x = inputs[0];
    const TensorInfo& weights = inputs[1];
    if (!is_float(x.type) || !is_float(weights.type))
        return Status(StatusCode::invalid_model,
                      std::string("x and weights must be floats, got ") + name(x.type) + " and " + name(weights.type));
    if (weights.constant == nullptr)
        return Status(StatusCode::unsupported, "weights must be constant");
    const bool has_rank = op.is_over_channels ? x.shape.rank() >= 3 && x.shape.rank() <= 5 : x.shape.rank() >= 1;
    if (!has_rank || weights.shape.rank() != 2 || is_empty(weights.shape))
        return Status(StatusCode::invalid_model,
                      std::string("x must have ") + (op.is_over_channels ? "3 to 5 axes" : "an axis") +
                          " and weights two, got " + to_string(x.shape) + " and " + to_string(weights.shape));
    const ConvolutionChannels channels = channels_of(op, weights.shape);
    const size_t axis = channel_axis(op, x.shape);
    if (x.shape[axis] != channels.inputs)
        return Status(StatusCode::invalid_model, "axis " + std::to_string(axis) + " of x must have " +
                                                     std::to_string(channels.inputs) + " values, got " +
                                                     to_string(x.shape));
    if (channels.inputs % 4 != 0 || channels.outputs % 4 != 0)
        return Status(StatusCode::unsupported,
                      "extents of the weights must be multiples of 4, got " + to_string(weights.shape));
    const size_t appended = signature(op).trailing_data_inputs;
    VKSEG_TRY(check_bias(inputs, appended, channels.outputs));
    Shape y = x.shape;
    y[axis] = channels.outputs;
    if (op.has_residual && (inputs.back().shape != y || !is_float(inputs.back().type)))
        return Status(StatusCode::invalid_model, "residual must be floats of shape " + to_string(y) + ", got " +
                                                     name(inputs.back().type) + " " + to_string(inputs.back().shape));
    if (op.adds_residual_last && !is_fused_by_convolutions(op.activation.kind))
        return Status(StatusCode::unsupported,
                      "a residual cannot be added after an activation that convolutions do not fuse");
    return single_output(x.type, y);
}

LayoutRule layout_rule(const FullyConnected& op, Inputs)
{
    return op.is_over_channels ? LayoutRule::blocked : LayoutRule::linear;
}

Result<Plan> plan(const FullyConnected& op, const PlanRequest& request)
{
    if (!op.is_over_channels) // otherwise launches are cut as those of convolutions
    {
        VKSEG_TRY(check_binding("input", request.inputs[0], request.limits));
        VKSEG_TRY(check_binding("output", request.outputs[0], request.limits));
        if (op.has_residual)
            VKSEG_TRY(check_binding("residual", request.inputs.back(), request.limits));
    }
    std::vector<Operand> inputs(request.inputs.begin(), request.inputs.end());
    inputs.front() = rows_as_pixels(request.inputs.front());
    if (op.has_residual)
        inputs.back() = rows_as_pixels(request.inputs.back());
    const Operand y = rows_as_pixels(request.outputs[0]);
    PlanRequest pixels = request;
    pixels.inputs = inputs;
    pixels.outputs = {&y, 1};

    const ConvolutionPass pass = {.grid = {y.depth(), y.height(), y.width()}};
    const ConvolutionChannels channels = channels_of(op, request.infos[1].shape);
    VKSEG_ASSIGN(ConvolutionPlan shared, choose_convolution(pixels, channels, {&pass, 1}, op.activation,
                                                            op.has_residual ? &inputs.back() : nullptr));
    shared.adds_residual_last = op.adds_residual_last;
    shared.weights_elements = WeightOrder{.channels = channels, .blocks = shared.blocks}.elements();
    Plan plan;
    plan.weight_layouts = {{.blocks = shared.blocks}};
    VKSEG_TRY(add_pass(plan, pixels, shared, pass));
    if (!shared.fuses(op.activation.kind))
        VKSEG_TRY(add_activation(plan, request, op.activation));
    return plan;
}

Packing pack(const FullyConnected& op, Inputs inputs, const WeightLayout& layout, Storage storage)
{
    const Tensor& weights = *inputs[1].constant;
    const Tensor* const bias = has_bias(inputs, signature(op).trailing_data_inputs) ? inputs[2].constant : nullptr;
    const WeightOrder order = {.channels = channels_of(op, weights.shape()), .blocks = layout.blocks};
    const auto write = [=, &weights](std::span<std::byte> to)
    {
        const FloatValues values(weights);
        const std::vector<float> bias_values = bias == nullptr ? std::vector<float>() : bias->to_floats();
        const auto pitch = size_t(weights.shape()[1]);
        const WeightSource source = {.values = values.span(),
                                     .output_pitch = op.has_inputs_first ? 1 : pitch,
                                     .input_pitch = op.has_inputs_first ? pitch : 1,
                                     .taps = {0}};
        write_weights(order, bias_values, source, storage, to);
    };
    return {.bytes = packed_bytes(order, storage), .write = write};
}

int64_t multiply_adds(const FullyConnected& op, Inputs inputs, const Outputs& outputs)
{
    return outputs[0].shape.elements() * channels_of(op, inputs[1].shape).inputs;
}

} // namespace vkseg
