#pragma once

#include "ops/window.hpp"
#include "ops/winograd.hpp"

/// Transposed convolutions as convolutions. Outputs whose padded position has the same remainder by the stride, their
/// phase, are reached by the same taps of the kernel. So each phase is a convolution of stride 1 with these taps, and
/// nothing is multiplied with inserted zeros.
namespace vkseg {

/// Stride, dilation and kernel, which need no input shape.
struct TransposedSteps
{
    Extent3 kernel;
    Extent3 stride;
    Extent3 dilation;
};

TransposedSteps steps_of(const ConvTranspose& op, const Shape& weights);

/// The taps first, first + step, … of one axis' phase.
struct PhaseTaps
{
    int first = 0;
    int step = 1;
    int count = 0;
};

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
std::vector<Phase> find_phases(const TransposedSteps& steps);
/// The pass of each phase; where its weights begin is left open.
std::vector<ConvolutionPass> find_passes(const WindowGeometry& geometry, const TransposedSteps& steps);
/// The taps of a phase in the weights' order.
std::vector<size_t> phase_taps(const TransposedSteps& steps, const Phase& phase);

/// What can be computed by Winograd: a kernel of 3 × 3 with a stride of 1, whose window is the kernel turned round, and
/// the phases of one of 4 × 4 with strides of 2. Those read two inputs each way, the same or neighbours: windows of 3 ×
/// 3 in which a row and a column are 0. Which these are is written in bits: for the two phases of rows, then of
/// columns, whether they read the last two inputs of the window instead of the first.
struct WindowedPhases
{
    WinogradPasses passes; ///< none: the transposed convolution is not one of these
    uint32_t late_bits = 0;
};

WindowedPhases find_windows(const TransposedSteps& steps, std::span<const ConvolutionPass> phases);
/// Where the taps of a phase lie in a window of 3 × 3. They are in the opposite order of the inputs.
std::vector<size_t> window_taps(const TransposedSteps& steps, const Phase& phase, uint32_t late_bits);

Result<WindowGeometry> resolve_geometry(const ConvTranspose& op, Inputs inputs);

/// Whether there is one input, of which each tap gives an output of its own.
bool has_single_input(const WindowGeometry& geometry);

/// Along each axis, the taps that an output is the sum of.
Result<Integers> summed_taps(const ConvTranspose& op, Inputs inputs);

} // namespace vkseg
