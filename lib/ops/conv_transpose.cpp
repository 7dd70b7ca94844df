#include "base/try.hpp"
#include "ops/convolution_inputs.hpp"
#include "ops/convolution_weights.hpp"
#include "ops/operators.hpp"
#include "ops/winograd.hpp"

#include <numeric>

// Outputs whose padded position has the same remainder by the stride, their phase, are reached by the same taps of the
// kernel. So each phase is a convolution of stride 1 with these taps, and nothing is multiplied with inserted zeros.
namespace vkseg {
namespace {

/// More launches than this are refused.
constexpr int64_t most_phases = 4096;

/// The taps first, first + step, … of one axis' phase.
struct PhaseTaps
{
    int first = 0;
    int step = 1;
    int count = 0;
};

PhaseTaps find_taps(int kernel, int stride, int dilation, int phase)
{
    const int divisor = std::gcd(stride, dilation);
    PhaseTaps taps = {.step = stride / divisor};
    if (phase % divisor != 0)
        return taps;
    while (int64_t(taps.first) * dilation % stride != phase)
        ++taps.first;
    if (taps.first < kernel)
        taps.count = (kernel - taps.first + taps.step - 1) / taps.step;
    return taps;
}

/// One axis of a phase's pass (ConvolutionPass).
struct PhaseAxis
{
    int grid = 0;
    int kernel = 0;
    int dilation = 0;
    int origin = 0;
    int out_begin = 0;
};

PhaseAxis find_phase(const WindowAxis& axis, int phase)
{
    const PhaseTaps taps = find_taps(axis.kernel, axis.stride, axis.dilation, phase);
    // Padded position phase + stride · m gets tap k from input m + (phase - k · dilation) / stride.
    const int skipped = axis.pad_begin > phase ? (axis.pad_begin - phase + axis.stride - 1) / axis.stride : 0;
    PhaseAxis result = {.kernel = taps.count, .dilation = -(axis.dilation / std::gcd(axis.stride, axis.dilation))};
    result.out_begin = phase + axis.stride * skipped - axis.pad_begin;
    if (result.out_begin < axis.output)
        result.grid = (axis.output - 1 - result.out_begin) / axis.stride + 1;
    if (taps.count > 0)
        result.origin = skipped + int((phase - int64_t(taps.first) * axis.dilation) / axis.stride);
    return result;
}

Result<WindowGeometry> resolve_geometry(const ConvTranspose& op, Inputs inputs)
{
    VKSEG_ASSIGN(const Window window, window_of_weights(op.window, inputs[1].shape));
    return resolve_transposed_window(window, inputs[0].shape, op.output_padding, op.output_shape);
}

ConvolutionChannels channels_of(const ConvTranspose& op, const Shape& weights)
{
    return {.inputs = int(weights[0]), .outputs = int(weights[1] * op.groups), .groups = int(op.groups)};
}

/// Stride, dilation and kernel, which need no input shape.
struct Steps
{
    Extent3 kernel;
    Extent3 stride;
    Extent3 dilation;
};

Steps steps_of(const ConvTranspose& op, const Shape& weights)
{
    const auto extent = [&](const Integers& values)
    {
        std::array<int, 3> axes = {1, 1, 1};
        std::copy(values.rbegin(), values.rend(), axes.rbegin());
        return Extent3{axes[0], axes[1], axes[2]};
    };
    return {.kernel = extent(Integers(weights.begin() + 2, weights.end())),
            .stride = extent(op.window.strides),
            .dilation = extent(op.window.dilations)};
}

/// A phase of all axes: which it is, and what reaches it.
struct Phase
{
    Extent3 index;
    PhaseTaps slices;
    PhaseTaps rows;
    PhaseTaps columns;
    int taps() const { return slices.count * rows.count * columns.count; }
};

/// In the order in which their weights are packed.
std::vector<Phase> find_phases(const Steps& steps)
{
    std::vector<Phase> phases;
    for (int slice = 0; slice < steps.stride.depth; ++slice)
    {
        const PhaseTaps slices = find_taps(steps.kernel.depth, steps.stride.depth, steps.dilation.depth, slice);
        for (int row = 0; row < steps.stride.height; ++row)
        {
            const PhaseTaps rows = find_taps(steps.kernel.height, steps.stride.height, steps.dilation.height, row);
            for (int column = 0; column < steps.stride.width; ++column)
                phases.push_back(
                    {.index = {slice, row, column},
                     .slices = slices,
                     .rows = rows,
                     .columns = find_taps(steps.kernel.width, steps.stride.width, steps.dilation.width, column)});
        }
    }
    return phases;
}

/// The pass of each phase; where its weights begin is left open.
std::vector<ConvolutionPass> find_passes(const WindowGeometry& geometry, const Steps& steps)
{
    std::vector<ConvolutionPass> passes;
    for (const Phase& phase : find_phases(steps))
    {
        const PhaseAxis z = find_phase(geometry.depth(), phase.index.depth);
        const PhaseAxis y = find_phase(geometry.height(), phase.index.height);
        const PhaseAxis x = find_phase(geometry.width(), phase.index.width);
        passes.push_back({.grid = {z.grid, y.grid, x.grid},
                          .kernel = {z.kernel, y.kernel, x.kernel},
                          .stride = {1, 1, 1},
                          .dilation = {z.dilation, y.dilation, x.dilation},
                          .origin = {z.origin, y.origin, x.origin},
                          .out_begin = {z.out_begin, y.out_begin, x.out_begin},
                          .out_step = steps.stride});
    }
    return passes;
}

/// The phases of a kernel of 4 × 4 with strides of 2 read two inputs each way, the same or neighbours: windows of 3 × 3
/// in which a row and a column are 0. Which these are is written in bits: for the two phases of rows, then of columns,
/// whether they read the last two inputs of the window instead of the first.
struct WindowedPhases
{
    WinogradPasses passes; ///< none: the transposed convolution is not one of these
    uint32_t late_bits = 0;
};

WindowedPhases find_windows(const Steps& steps, std::span<const ConvolutionPass> phases)
{
    const bool is_possible =
        steps.kernel == Extent3{1, 4, 4} && steps.stride == Extent3{1, 2, 2} && steps.dilation.count() == 1;
    if (!is_possible)
        return {};
    WindowedPhases found = {.passes = {.window = phases[0], .passes = {phases.begin(), phases.end()}}};
    ConvolutionPass& window = found.passes.window;
    for (const ConvolutionPass& phase : phases)
    {
        if (phase.grid.count() == 0)
            return {};
        window.grid.height = std::max(window.grid.height, phase.grid.height);
        window.grid.width = std::max(window.grid.width, phase.grid.width);
        window.origin.height = std::min(window.origin.height, phase.origin.height);
        window.origin.width = std::min(window.origin.width, phase.origin.width);
    }
    for (uint32_t i = 0; i < 2; ++i) // phases are in the order of find_phases
    {
        found.late_bits |= uint32_t(phases[i * 2].origin.height - window.origin.height) << i;
        found.late_bits |= uint32_t(phases[i].origin.width - window.origin.width) << (2 + i);
    }
    window.kernel = {1, 3, 3};
    window.dilation = {1, 1, 1};
    --window.origin.height; // phases read an origin and the input before it
    --window.origin.width;
    return found;
}

/// The taps of a phase in the weights' order.
std::vector<size_t> phase_taps(const Steps& steps, const Phase& phase)
{
    std::vector<size_t> taps;
    for (int z = 0; z < phase.slices.count; ++z)
    {
        const int slice = phase.slices.first + z * phase.slices.step;
        for (int y = 0; y < phase.rows.count; ++y)
        {
            const int row = slice * steps.kernel.height + phase.rows.first + y * phase.rows.step;
            for (int x = 0; x < phase.columns.count; ++x)
                taps.push_back(size_t(row * steps.kernel.width + phase.columns.first + x * phase.columns.step));
        }
    }
    return taps;
}

/// Where the taps of a phase lie in a window of 3 × 3. They are in the opposite order of the inputs.
std::vector<size_t> window_taps(const Steps& steps, const Phase& phase, uint32_t late_bits)
{
    const PhaseTaps& rows = phase.rows;
    const PhaseTaps& columns = phase.columns;
    std::vector<size_t> taps(9, WeightSource::no_tap);
    const int top = int(late_bits >> phase.index.height & 1);
    const int left = int(late_bits >> (2 + phase.index.width) & 1);
    for (int i = 0; i < 2; ++i)
    {
        for (int k = 0; k < 2; ++k)
            taps[size_t((top + 1 - i) * 3 + left + 1 - k)] =
                size_t((rows.first + i * rows.step) * steps.kernel.width + columns.first + k * columns.step);
    }
    return taps;
}

/// The form of weights for conv_phases.comp: a tile of four blocks, and a bit that no other form has.
constexpr uint32_t phases_form = 4 | 1u << 31;

/// Whether conv_phases.comp takes this, in volumes slice by slice: one tap in each of four phases of a slice, and as
/// few outputs as one element holds.
bool has_narrow_phases(const WindowGeometry& geometry, const ConvolutionChannels& channels)
{
    const auto suits = [](const WindowAxis& axis)
    {
        return axis.kernel == 2 && axis.stride == 2 && axis.dilation == 1 && axis.pad_begin == 0 &&
               axis.output == 2 * axis.input;
    };
    const WindowAxis& depth = geometry.depth();
    constexpr int most_inputs = 2048; // their weights fit the smallest texel buffer
    return channels.outputs <= 4 && channels.inputs <= most_inputs && channels.groups == 1 &&
           (suits(depth) || (depth.is_trivial() && depth.output == depth.input)) && suits(geometry.height()) &&
           suits(geometry.width());
}

Result<Plan> plan_narrow_phases(const ConvTranspose& op, const PlanRequest& request, ConvolutionPlan shared,
                                const WindowGeometry& geometry)
{
    shared.takes_phases = true;
    shared.form = 4;
    const int64_t slice_elements = WeightOrder{.channels = shared.channels, .form = shared.form}.elements();
    const int slices = geometry.depth().kernel;
    shared.weights_elements = slices * slice_elements;
    Plan plan = {.weight_forms = {phases_form}};
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

/// The weights [C, M, 2, 2] as those of a pointwise convolution to four channels for each phase; of [C, M, 2, 2, 2],
/// slice after slice.
Packing pack_narrow_phases(const Tensor& weights, const Tensor* bias, Storage storage)
{
    constexpr size_t phases = 4;
    const auto inputs = size_t(weights.shape()[0]);
    const auto outputs = size_t(weights.shape()[1]);
    const size_t slices = weights.shape().rank() == 5 ? size_t(weights.shape()[2]) : 1;
    const WeightOrder order = {.channels = {.inputs = int(inputs), .outputs = int(phases * 4)}, .form = 4};
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
            pack_weights(order, biases, source, storage, to.subspan(slice * slice_bytes, slice_bytes));
        }
    };
    return {.bytes = slices * slice_bytes, .write = write};
}

} // namespace

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
    if (phases > most_phases)
        return Status(StatusCode::unsupported, "strides may make at most " + std::to_string(most_phases) +
                                                   " output phases, got " + std::to_string(phases));
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
    const Steps steps = steps_of(op, weights);
    std::vector<ConvolutionPass> passes = find_passes(geometry, steps);
    VKSEG_ASSIGN(ConvolutionPlan shared, choose_convolution(request, channels, passes, op.activation));

    if (has_narrow_phases(geometry, channels) && !shared.group_tile)
        return plan_narrow_phases(op, request, shared, geometry);

    for (ConvolutionPass& pass : passes)
    {
        pass.weights_begin = shared.weights_elements;
        shared.weights_elements +=
            WeightOrder{.channels = channels, .taps = pass.kernel.count(), .form = shared.form}.elements();
    }

    Plan plan;
    bool is_activated = shared.fuses(op.activation.kind);
    const WindowedPhases windows = find_windows(steps, passes);
    const ConvolutionPlan products = winograd_plan(request, shared);
    if (const int outputs =
            windows.passes.passes.empty() ? 0 : choose_winograd(request, shared, products, windows.passes))
    {
        const uint32_t form = winograd_form(products.form, outputs, windows.late_bits);
        VKSEG_ASSIGN(plan, plan_winograd(request, products, windows.passes, form));
        is_activated = is_fused_by_convolutions(op.activation.kind);
    }
    else
    {
        plan.weight_forms = {shared.form};
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

Packing pack(const ConvTranspose& op, Inputs inputs, uint32_t form, Storage storage)
{
    const Tensor& weights = *inputs[1].constant;
    const Tensor* const bias = has_bias(inputs, 0) ? inputs[2].constant : nullptr;
    if (form == phases_form)
        return pack_narrow_phases(weights, bias, storage);
    const Steps steps = steps_of(op, weights.shape());
    const ConvolutionChannels channels = channels_of(op, weights.shape());
    const bool is_direct = winograd_outputs(form) == 0;
    const auto order_of = [=](const Phase& phase)
    { return WeightOrder{.channels = channels, .taps = phase.taps(), .form = form}; };
    const auto bytes_of = [=](const Phase& phase)
    { return is_direct ? packed_bytes(order_of(phase), storage) : packed_winograd_bytes(channels, form, storage); };
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
                pack_weights(order_of(phase), bias_values, source, storage, part);
            }
            else
            {
                source.taps = window_taps(steps, phase, winograd_own_bits(form));
                pack_winograd(channels, form, bias_values, source, storage, part);
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
