#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/convolution/convolution_weights.hpp"
#include "ops/convolution/transposed_phases.hpp"
#include "ops/operators.hpp"

namespace vkseg {
namespace {

/// More launches than this are refused.
constexpr int64_t max_phases = 4096;

ConvolutionChannels channels_of(const ConvTranspose& op, const Shape& weights)
{
    return {.inputs = int(weights[0]), .outputs = int(weights[1] * op.groups), .groups = int(op.groups)};
}

/// True if the kernels of phases (conv.comp, PHASES) can compute this, volumes slice by slice: one tap in each of the
/// four phases of a slice, and no more outputs than one element holds.
bool has_narrow_phases(const WindowGeometry& geometry, const ConvolutionChannels& channels)
{
    const auto suits = [](const WindowAxis& axis)
    {
        return axis.kernel == 2 && axis.stride == 2 && axis.dilation == 1 && axis.pad_begin == 0 &&
               axis.output == 2 * axis.input;
    };
    const WindowAxis& depth = geometry.depth();
    constexpr int max_inputs = 2048; // their weights fit the smallest texel buffer
    return channels.outputs <= 4 && channels.inputs <= max_inputs && channels.groups == 1 &&
           (suits(depth) || (depth.is_trivial() && depth.output == depth.input)) && suits(geometry.height()) &&
           suits(geometry.width());
}

Result<Plan> plan_narrow_phases(const ConvTranspose& op, const PlanRequest& request, ConvolutionPlan shared,
                                const WindowGeometry& geometry)
{
    shared.takes_phases = true;
    shared.blocks = 4;
    const int64_t slice_elements = WeightOrder{.channels = shared.channels, .blocks = shared.blocks}.elements();
    const int slices = geometry.depth().kernel;
    shared.weights_elements = slices * slice_elements;
    Plan plan = {.weight_layouts = {{.order = WeightLayout::Order::phases, .blocks = shared.blocks}}};
    for (int slice = 0; slice < slices; ++slice)
        VKSEG_TRY(add_pass(plan, request, shared,
                           {.grid = extents(geometry, &WindowAxis::input),
                            .out_begin = {slice, 0, 0},
                            .out_step = {slices, 1, 1},
                            .weights_begin = slice * slice_elements}));
    if (!shared.fuses(op.activation.kind))
        VKSEG_TRY(add_activation(plan, request, op.activation));
    return plan;
}

/// Packs the weights [C, M, 2, 2] as weights of a pointwise convolution to four channels for each phase, and weights
/// [C, M, 2, 2, 2] as several of these, slice after slice.
Packing pack_narrow_phases(const Tensor& weights, const Tensor* bias, Storage storage)
{
    constexpr size_t phases = 4;
    const auto inputs = size_t(weights.shape()[0]);
    const auto outputs = size_t(weights.shape()[1]);
    const size_t slices = weights.shape().rank() == 5 ? size_t(weights.shape()[2]) : 1;
    const WeightOrder order = {.channels = {.inputs = int(inputs), .outputs = int(phases * 4)}, .blocks = 4};
    const size_t slice_bytes = packed_bytes(order, storage);
    const auto write = [=, &weights](std::span<std::byte> to)
    {
        const FloatValues values(weights);
        std::vector<float> rows(phases * 4 * inputs);
        std::vector<float> biases(phases * 4);
        const std::vector<float> bias_values = bias == nullptr ? std::vector<float>(outputs) : bias->to_floats();
        for (size_t slice = 0; slice < slices; ++slice)
        {
            for (size_t phase = 0; phase < phases; ++phase)
            {
                for (size_t output = 0; output < outputs; ++output)
                {
                    biases[phase * 4 + output] = bias_values[output];
                    for (size_t input = 0; input < inputs; ++input)
                        rows[(phase * 4 + output) * inputs + input] =
                            values.span()[((input * outputs + output) * slices + slice) * phases + phase];
                }
            }
            const WeightSource source = {.values = rows, .output_pitch = inputs, .input_pitch = 1, .taps = {0}};
            write_weights(order, biases, source, storage, to.subspan(slice * slice_bytes, slice_bytes));
        }
    };
    return {.bytes = slices * slice_bytes, .write = write};
}

/// The contributions of a single input to all taps are a matrix product: a pointwise convolution with a channel for
/// each tap and output. The taps of a block of outputs are adjacent in the result, and so are the blocks of these
/// channels.
ConvolutionChannels product_channels(const ConvolutionChannels& channels, int taps)
{
    return {.inputs = channels.inputs, .outputs = div_ceil(channels.outputs, 4) * taps * 4};
}

Operand as_product(const Operand& y)
{
    Operand product = y;
    product.shape = {y.batch(), int64_t(y.blocks()) * y.rows() * y.width() * 4, 1, 1};
    product.view.block_pitch = product.view.row_pitch = 1;
    return product;
}

bool is_single_product(const WindowGeometry& geometry, const ConvolutionChannels& channels, const Operand& y)
{
    return channels.groups == 1 && has_single_input(geometry) && y.view.row_pitch == y.width() &&
           y.view.block_pitch == y.rows() * y.width();
}

Result<Plan> plan_single_product(const ConvTranspose& op, const PlanRequest& request, const WindowGeometry& geometry,
                                 const ConvolutionChannels& channels)
{
    const Operand y = as_product(request.outputs[0]);
    const PlanRequest product = {.inputs = request.inputs,
                                 .outputs = {&y, 1},
                                 .infos = request.infos,
                                 .limits = request.limits,
                                 .real = request.real,
                                 .choice = request.choice};
    const ConvolutionPass pass = {};
    // Lanes past the last channel must stay 0, but the kernel treats them as channels.
    const bool keeps_zeros = channels.outputs % 4 == 0 || op.activation.kind == UnaryKind::relu;
    VKSEG_ASSIGN(ConvolutionPlan shared, choose_convolution(product, product_channels(channels, geometry.taps()),
                                                            {&pass, 1}, keeps_zeros ? op.activation : Activation{}));
    shared.weights_elements = WeightOrder{.channels = shared.channels, .blocks = shared.blocks}.elements();
    Plan plan = {.weight_layouts = {{.order = WeightLayout::Order::single_input, .blocks = shared.blocks}}};
    VKSEG_TRY(add_pass(plan, product, shared, pass));
    if (op.activation.kind != UnaryKind::identity && !(keeps_zeros && shared.fuses(op.activation.kind)))
        VKSEG_TRY(add_activation(plan, request, op.activation));
    return plan;
}

Packing pack_single_product(const ConvolutionChannels& channels, int taps, const Tensor& weights, const Tensor* bias,
                            int blocks, Storage storage)
{
    const WeightOrder order = {.channels = product_channels(channels, taps), .blocks = blocks};
    const auto write = [=, &weights](std::span<std::byte> to)
    {
        const FloatValues values(weights);
        const WeightSource source = {.values = values.span(),
                                     .output_pitch = size_t(taps),
                                     .input_pitch = size_t(channels.outputs) * size_t(taps),
                                     .taps = {0},
                                     .spread_taps = taps,
                                     .spread_outputs = channels.outputs};
        std::vector<float> biases;
        if (bias != nullptr)
        {
            const std::vector<float> bias_values = bias->to_floats();
            for (int output = 0; output < order.channels.outputs; ++output)
            {
                const int channel = source.spread_channel(output);
                biases.push_back(channel < channels.outputs ? bias_values[size_t(channel)] : 0.0f);
            }
        }
        write_weights(order, biases, source, storage, to);
    };
    return {.bytes = packed_bytes(order, storage), .write = write};
}

} // namespace

Signature signature(const ConvTranspose&)
{
    return {.name = "ConvTranspose", .min_inputs = 2, .max_inputs = 3};
}

Result<Outputs> infer(const ConvTranspose& op, Inputs inputs)
{
    VKSEG_TRY(check_convolution_inputs(inputs, 0));
    const Shape& x = inputs[0].shape;
    const Shape& weights = inputs[1].shape;
    VKSEG_TRY(check_groups(op.groups, x, weights, 0));
    VKSEG_TRY(check_bias(inputs, 0, weights[1] * op.groups));
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_geometry(op, inputs));
    const Shape y = geometry.output_shape(x[0], weights[1] * op.groups);
    VKSEG_TRY(check_kernel_range(geometry, y));
    // Each stride is at most 2^15.
    const int64_t phases = int64_t(geometry.depth().stride) * geometry.height().stride * geometry.width().stride;
    if (phases > max_phases)
        return Status(StatusCode::unsupported, "the product of the strides must be at most " +
                                                   std::to_string(max_phases) + ", got " + std::to_string(phases));
    return Outputs{{.type = inputs[0].type, .shape = y}};
}

LayoutRule layout_rule(const ConvTranspose&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const ConvTranspose& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_geometry(op, request.infos));
    const Shape& weights = request.infos[1].shape;
    const ConvolutionChannels channels = channels_of(op, weights);
    if (is_single_product(geometry, channels, request.outputs[0]))
        return plan_single_product(op, request, geometry, channels);
    const TransposedSteps steps = steps_of(op, weights);
    std::vector<ConvolutionPass> passes = find_passes(geometry, steps);
    VKSEG_ASSIGN(ConvolutionPlan shared, choose_convolution(request, channels, passes, op.activation));

    if (has_narrow_phases(geometry, channels) && !shared.group_tile)
        return plan_narrow_phases(op, request, shared, geometry);

    for (ConvolutionPass& pass : passes)
    {
        pass.weights_begin = shared.weights_elements;
        shared.weights_elements +=
            WeightOrder{.channels = channels, .taps = pass.kernel.count(), .blocks = shared.blocks}.elements();
    }

    Plan plan;
    bool is_activated = shared.fuses(op.activation.kind);
    const WindowedPhases windows = find_windows(steps, passes);
    const ConvolutionPlan products = winograd_products(request, shared);
    if (const int outputs =
            windows.passes.passes.empty() ? 0 : choose_winograd(request, shared, products, windows.passes))
    {
        VKSEG_ASSIGN(plan,
                     plan_winograd(request, products, windows.passes,
                                   {.blocks = products.blocks, .winograd = outputs, .late_bits = windows.late_bits}));
        is_activated = is_fused_by_convolutions(op.activation.kind);
    }
    else
    {
        plan.weight_layouts = {{.blocks = shared.blocks}};
        for (const ConvolutionPass& pass : passes)
        {
            if (pass.grid.count() > 0)
                VKSEG_TRY(add_pass(plan, request, shared, pass));
        }
    }
    if (!is_activated)
        VKSEG_TRY(add_activation(plan, request, op.activation));
    return plan;
}

Packing pack(const ConvTranspose& op, Inputs inputs, const WeightLayout& layout, Storage storage)
{
    const Tensor& weights = *inputs[1].constant;
    const Tensor* const bias = has_bias(inputs, 0) ? inputs[2].constant : nullptr;
    if (layout.order == WeightLayout::Order::phases)
        return pack_narrow_phases(weights, bias, storage);
    const TransposedSteps steps = steps_of(op, weights.shape());
    const ConvolutionChannels channels = channels_of(op, weights.shape());
    if (layout.order == WeightLayout::Order::single_input)
        return pack_single_product(channels, steps.kernel.count(), weights, bias, layout.blocks, storage);
    const bool is_direct = layout.winograd == 0;
    const auto order_of = [=](const Phase& phase)
    { return WeightOrder{.channels = channels, .taps = phase.taps(), .blocks = layout.blocks}; };
    const auto bytes_of = [=](const Phase& phase)
    { return is_direct ? packed_bytes(order_of(phase), storage) : packed_winograd_bytes(channels, layout, storage); };
    const auto write = [=, &weights](std::span<std::byte> to)
    {
        const FloatValues values(weights);
        const std::vector<float> bias_values = bias == nullptr ? std::vector<float>() : bias->to_floats();
        const size_t window = size_t(steps.kernel.count());
        const size_t input_pitch = size_t(channels.group_outputs()) * window;
        for (const Phase& phase : find_phases(steps))
        {
            const std::span<std::byte> part = to.first(bytes_of(phase));
            to = to.subspan(part.size());
            WeightSource source = {.values = values.span(),
                                   .group_pitch = size_t(channels.group_inputs()) * input_pitch,
                                   .output_pitch = window,
                                   .input_pitch = input_pitch};
            if (is_direct)
            {
                source.taps = phase_taps(steps, phase);
                write_weights(order_of(phase), bias_values, source, storage, part);
            }
            else
            {
                source.taps = window_taps(steps, phase, layout.late_bits);
                write_winograd_weights(channels, layout, bias_values, source, storage, part);
            }
        }
    };
    size_t bytes = 0;
    for (const Phase& phase : find_phases(steps))
        bytes += bytes_of(phase);
    return {.bytes = bytes, .write = write};
}

int64_t multiply_adds(const ConvTranspose&, Inputs inputs, const Outputs&)
{
    const Shape& weights = inputs[1].shape;
    return inputs[0].shape.elements() * (weights.elements() / weights[0]);
}

} // namespace vkseg
