#include "base/try.hpp"
#include "convolution/scale_weights.h"
#include "ops/convolution/computed_weights.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/convolution/convolution_weights.hpp"
#include "ops/convolution/winograd.hpp"
#include "ops/operators.hpp"

#include <algorithm>

namespace vkseg {
namespace {

WeightOrder weight_order(const Conv& op, const Shape& weights, int blocks)
{
    const int taps = int(weights.elements() / (weights[0] * weights[1]));
    return {.channels = channels_of_convolution(op.groups, weights), .taps = taps, .blocks = blocks};
}

/// Position of the scale among the inputs.
size_t scale_of(const Conv& op, Inputs inputs)
{
    return inputs.size() - signature(op).trailing_data_inputs;
}

Status check_scale(const Conv& op, const TensorInfo& scale, const WindowGeometry& geometry, const Shape& x)
{
    Shape expected = x;
    for (size_t axis = 2; axis < x.rank(); ++axis)
        expected[axis] = 1;
    if (scale.shape != expected || !is_float(scale.type))
        return Status(StatusCode::invalid_model, "scale must be floats of shape " + to_string(expected) + ", got " +
                                                     name(scale.type) + " " + to_string(scale.shape));
    const auto is_trivial = [](const WindowAxis& axis) { return axis.is_trivial(); };
    if (op.groups != 1 || !std::all_of(geometry.axes.begin(), geometry.axes.end(), is_trivial))
        return Status(StatusCode::unsupported,
                      "a scale needs a convolution of 1x1, with stride 1 and without pads and groups");
    return {};
}

/// Multiplies the weights, once for each batch entry, instead of the input; the pass reads them from scratch memory.
void add_scaled_weights(Plan& plan, const PlanRequest& request, ConvolutionPlan& shared, ConvolutionPass& pass,
                        const WeightOrder& order, uint32_t scale)
{
    const Operand& s = request.inputs[scale];
    const int batches = request.outputs[0].batch();
    const auto elements = int(order.elements());
    const Operand packed = {.storage = shared.weights,
                            .buffer_bytes = size_t(elements) * element_bytes(shared.weights)};
    Dispatch dispatch = {.shader = Shader::scale_weights, .variant = shared.weights};
    dispatch.push_constants = contract::ScaleWeights{.scale = s.view,
                                                     .elements = elements,
                                                     .batches = batches,
                                                     .tile_pitch = int(order.tile_pitch()),
                                                     .tile_blocks = order.tile_blocks()};
    plan.scratch_bytes.push_back(size_t(batches) * packed.buffer_bytes);
    shared.packed = scratch(uint32_t(plan.scratch_bytes.size() - 1));
    dispatch.bindings = {shared.packed, weights(0), input(scale)};
    const Reading readings[] = {{.binding = 1, .operand = &packed}, {.binding = 2, .operand = &s}};
    read_texels(dispatch, readings, request.limits);
    set_linear_grid(dispatch, int64_t(elements) * batches, request.limits);
    dispatch.operations = 4.0 * elements * batches;
    plan.dispatches.push_back(std::move(dispatch));
    pass.weights_batch_pitch = batches > 1 ? elements : 0;
    shared.weights_elements *= batches;
}

/// Location of weights that the network computes, a blocked tensor [outputs, inputs, ...].
ComputedWeights locate(const Operand& weights)
{
    return {.binding = input(1),
            .offset = int64_t(weights.view.offset) * 4,
            .output_stride = int64_t(weights.view.batch_pitch) * 4,
            .block_stride = int64_t(weights.view.block_pitch) * 4,
            .lane_stride = 1,
            .row_stride = int64_t(weights.view.row_pitch) * 4,
            .column_stride = 4,
            .tap_columns = weights.width()};
}

} // namespace

Signature signature(const Conv& op)
{
    const size_t appended = size_t(op.has_scale) + size_t(op.has_residual);
    return {.name = "Conv",
            .min_inputs = 2,
            .max_inputs = 3 + appended,
            .data_inputs = op.has_computed_weights ? size_t(2) : 1,
            .trailing_data_inputs = appended,
            .is_f32 = op.is_exact};
}

Result<Outputs> infer(const Conv& op, Inputs inputs)
{
    VKSEG_TRY(check_convolution_inputs(inputs, signature(op).trailing_data_inputs, op.has_computed_weights));
    if (op.has_computed_weights && (op.has_scale || has_bias(inputs, signature(op).trailing_data_inputs)))
        return Status(StatusCode::unsupported, "computed weights cannot be combined with a bias or a scale");
    const Shape& x = inputs[0].shape;
    const Shape& weights = inputs[1].shape;
    VKSEG_TRY(check_groups(op.groups, x, weights, 1));
    VKSEG_TRY(check_bias(inputs, signature(op).trailing_data_inputs, weights[0]));
    VKSEG_ASSIGN(const WindowGeometry geometry, geometry_of_convolution(op.window, inputs));
    const Shape y = geometry.output_shape(x[0], weights[0]);
    VKSEG_TRY(check_kernel_range(geometry, y));
    if (op.has_residual && (inputs.back().shape != y || !is_float(inputs.back().type)))
        return Status(StatusCode::invalid_model, "residual must be floats of shape " + to_string(y) + ", got " +
                                                     name(inputs.back().type) + " " + to_string(inputs.back().shape));
    if (op.has_scale)
        VKSEG_TRY(check_scale(op, inputs[scale_of(op, inputs)], geometry, x));
    if (op.adds_residual_last && !is_fused_by_convolutions(op.activation.kind))
        return Status(StatusCode::unsupported,
                      "a residual cannot be added after an activation that convolutions do not fuse");
    return Outputs{{.type = inputs[0].type, .shape = y}};
}

LayoutRule layout_rule(const Conv&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const Conv& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const WindowGeometry geometry, geometry_of_convolution(op.window, request.infos));
    const Shape& weights = request.infos[1].shape;
    ConvolutionPass pass = whole_pass(geometry);
    VKSEG_ASSIGN(ConvolutionPlan shared,
                 choose_convolution(request, channels_of_convolution(op.groups, weights), {&pass, 1}, op.activation,
                                    op.has_residual ? &request.inputs.back() : nullptr));
    shared.adds_residual_last = op.adds_residual_last;
    Plan plan;
    bool is_activated = shared.fuses(op.activation.kind);
    const WinogradPasses winograd = {.window = pass, .passes = {pass}};
    const ConvolutionPlan products = winograd_products(request, shared);
    const bool allows_winograd = !op.has_computed_weights && !op.is_exact;
    const int outputs = allows_winograd ? choose_winograd(request, shared, products, winograd) : 0;
    if (outputs != 0)
    {
        VKSEG_ASSIGN(plan,
                     plan_winograd(request, products, winograd, {.blocks = products.blocks, .winograd = outputs}));
        is_activated = is_fused_by_convolutions(op.activation.kind);
    }
    else
    {
        const WeightOrder order = weight_order(op, weights, shared.blocks);
        shared.weights_elements = order.elements();
        if (op.has_computed_weights)
            VKSEG_TRY(add_packing(plan, request, locate(request.inputs[1]), order, shared));
        else
            plan.weight_layouts = {{.blocks = shared.blocks}};
        if (op.has_scale)
            add_scaled_weights(plan, request, shared, pass, order, uint32_t(scale_of(op, request.infos)));
        VKSEG_TRY(add_pass(plan, request, shared, pass));
    }
    if (!is_activated)
        VKSEG_TRY(add_activation(plan, request, op.activation));
    return plan;
}

Packing pack(const Conv& op, Inputs inputs, const WeightLayout& layout, Storage storage)
{
    const Tensor& weights = *inputs[1].constant;
    const Tensor* const bias = has_bias(inputs, signature(op).trailing_data_inputs) ? inputs[2].constant : nullptr;
    const WeightOrder order = weight_order(op, weights.shape(), layout.blocks);
    const bool is_direct = layout.winograd == 0;
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
            write_weights(order, bias_values, source, storage, to);
        else
            write_winograd_weights(order.channels, layout, bias_values, source, storage, to);
    };
    return {.bytes = is_direct ? packed_bytes(order, storage) : packed_winograd_bytes(order.channels, layout, storage),
            .write = write};
}

int64_t multiply_adds(const Conv&, Inputs inputs, const Outputs& outputs)
{
    const Shape& weights = inputs[1].shape;
    return outputs[0].shape.elements() * (weights.elements() / weights[0]);
}

} // namespace vkseg
