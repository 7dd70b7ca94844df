#include "ops/convolution/transposed_phases.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/convolution/convolution_weights.hpp"

#include <algorithm>
#include <numeric>

namespace vkseg {
namespace {

PhaseTaps find_taps(int kernel, int stride, int dilation, int phase)
{
    const int divisor = std::gcd(stride, dilation);
    PhaseTaps taps = {.step = stride / divisor};
    if (phase % divisor != 0)
        return taps;
    while (int64_t(taps.first) * dilation % stride != phase)
        ++taps.first;
    if (taps.first < kernel)
        taps.count = div_ceil(kernel - taps.first, taps.step);
    return taps;
}

/// The taps of all phases of an axis, each found once.
std::vector<PhaseTaps> taps_of_phases(int kernel, int stride, int dilation)
{
    std::vector<PhaseTaps> taps;
    for (int phase = 0; phase < stride; ++phase)
        taps.push_back(find_taps(kernel, stride, dilation, phase));
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
    const int skipped = axis.pad_begin > phase ? div_ceil(axis.pad_begin - phase, axis.stride) : 0;
    PhaseAxis result = {.kernel = taps.count, .dilation = -(axis.dilation / std::gcd(axis.stride, axis.dilation))};
    result.out_begin = phase + axis.stride * skipped - axis.pad_begin;
    if (result.out_begin < axis.output)
        result.grid = (axis.output - 1 - result.out_begin) / axis.stride + 1;
    if (taps.count > 0)
        result.origin = skipped + int((phase - int64_t(taps.first) * axis.dilation) / axis.stride);
    return result;
}

} // namespace

TransposedSteps steps_of(const ConvTranspose& op, const Shape& weights)
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

std::vector<Phase> find_phases(const TransposedSteps& steps)
{
    const Extent3& stride = steps.stride;
    const std::vector<PhaseTaps> slices = taps_of_phases(steps.kernel.depth, stride.depth, steps.dilation.depth);
    const std::vector<PhaseTaps> rows = taps_of_phases(steps.kernel.height, stride.height, steps.dilation.height);
    const std::vector<PhaseTaps> columns = taps_of_phases(steps.kernel.width, stride.width, steps.dilation.width);
    std::vector<Phase> phases;
    for (int slice = 0; slice < stride.depth; ++slice)
    {
        for (int row = 0; row < stride.height; ++row)
        {
            for (int column = 0; column < stride.width; ++column)
                phases.push_back({.index = {slice, row, column},
                                  .slices = slices[size_t(slice)],
                                  .rows = rows[size_t(row)],
                                  .columns = columns[size_t(column)]});
        }
    }
    return phases;
}

std::vector<ConvolutionPass> find_passes(const WindowGeometry& geometry, const TransposedSteps& steps)
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

namespace {

bool has_phases_of_two(const TransposedSteps& steps)
{
    return steps.kernel == Extent3{1, 4, 4} && steps.stride == Extent3{1, 2, 2} && steps.dilation.count() == 1;
}

/// With a stride of 1 there is one phase, and its window is the kernel rotated by 180°.
bool has_one_phase_of_three(const TransposedSteps& steps)
{
    return steps.kernel == Extent3{1, 3, 3} && steps.stride.count() == 1;
}

WindowedPhases find_turned_window(const ConvolutionPass& phase)
{
    WindowedPhases found = {.passes = {.window = phase, .passes = {phase}}};
    ConvolutionPass& window = found.passes.window;
    window.origin.height += 2 * phase.dilation.height; // phases step backwards from tap to tap
    window.origin.width += 2 * phase.dilation.width;
    window.dilation = {1, -phase.dilation.height, -phase.dilation.width};
    return found;
}

} // namespace

WindowedPhases find_windows(const TransposedSteps& steps, std::span<const ConvolutionPass> phases)
{
    if (has_one_phase_of_three(steps))
        return find_turned_window(phases[0]);
    if (!has_phases_of_two(steps))
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
    --window.origin.height; // a phase reads the input at its origin and the one before it
    --window.origin.width;
    return found;
}

std::vector<size_t> phase_taps(const TransposedSteps& steps, const Phase& phase)
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

std::vector<size_t> window_taps(const TransposedSteps& steps, const Phase& phase, uint32_t late_bits)
{
    const PhaseTaps& rows = phase.rows;
    const PhaseTaps& columns = phase.columns;
    std::vector<size_t> taps(9, WeightSource::no_tap);
    if (has_one_phase_of_three(steps))
    {
        std::iota(taps.rbegin(), taps.rend(), size_t(0));
        return taps;
    }
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

bool has_single_input(const WindowGeometry& geometry)
{
    const auto spreads = [](const WindowAxis& axis)
    { return axis.input == 1 && axis.pad_begin == 0 && axis.dilation == 1 && axis.output == axis.kernel; };
    return geometry.taps() > 1 && std::all_of(geometry.axes.begin(), geometry.axes.end(), spreads);
}

Result<WindowGeometry> resolve_geometry(const ConvTranspose& op, Inputs inputs)
{
    VKSEG_ASSIGN(const Window window, window_of_weights(op.window, inputs[1].shape));
    return resolve_transposed_window(window, inputs[0].shape, op.output_padding, op.output_shape);
}

Result<Integers> summed_taps(const ConvTranspose& op, Inputs inputs)
{
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_geometry(op, inputs));
    if (op.groups == 1 && has_single_input(geometry))
        return Integers{1, 1, 1};
    const std::vector<Phase> phases = find_phases(steps_of(op, inputs[1].shape));
    const auto most = std::max_element(phases.begin(), phases.end(),
                                       [](const Phase& a, const Phase& b) { return a.taps() < b.taps(); });
    return Integers{most->slices.count, most->rows.count, most->columns.count};
}

} // namespace vkseg
