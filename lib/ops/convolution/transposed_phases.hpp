#pragma once

#include "ops/convolution/winograd.hpp"
#include "ops/window.hpp"

/// Transposed convolutions as convolutions. Outputs whose padded position has the same remainder modulo the stride,
/// their phase, are reached by the same taps of the kernel. So each phase is a convolution of stride 1 with these taps,
/// and nothing is multiplied with inserted zeros.
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

/// A phase of all axes: its index, and the taps that reach it.
struct Phase
{
    Extent3 index;
    PhaseTaps slices;
    PhaseTaps rows;
    PhaseTaps columns;
    int taps() const { return slices.count * rows.count * columns.count; }
};

/// All phases, in the order in which their weights are packed.
std::vector<Phase> find_phases(const TransposedSteps& steps);
/// The pass of each phase, without the start of its weights.
std::vector<ConvolutionPass> find_passes(const WindowGeometry& geometry, const TransposedSteps& steps);
/// The taps of a phase in the weights' order.
std::vector<size_t> phase_taps(const TransposedSteps& steps, const Phase& phase);

/// Transposed convolutions that Winograd can compute: a kernel of 3 × 3 with a stride of 1, whose window is the kernel
/// rotated by 180°, and the phases of a kernel of 4 × 4 with strides of 2. Each of these phases reads two inputs along
/// each axis, and two phases read the same inputs or neighbours: windows of 3 × 3 in which a row and a column are 0.
/// `late_bits` has a bit for each of the two phases of rows, then of columns: set if the phase reads the last two
/// inputs of the window instead of the first two.
struct WindowedPhases
{
    WinogradPasses passes; ///< empty if the transposed convolution is not one of these
    uint32_t late_bits = 0;
};

WindowedPhases find_windows(const TransposedSteps& steps, std::span<const ConvolutionPass> phases);
/// The taps of a phase at their positions in a window of 3 × 3. Taps are in the opposite order of the inputs.
std::vector<size_t> window_taps(const TransposedSteps& steps, const Phase& phase, uint32_t late_bits);

Result<WindowGeometry> resolve_geometry(const ConvTranspose& op, Inputs inputs);

/// True if there is a single input, and each tap gives a separate output.
bool has_single_input(const WindowGeometry& geometry);

/// Number of taps along each axis that are summed for an output; those of the phase with the most taps.
Result<Integers> summed_taps(const ConvTranspose& op, Inputs inputs);

} // namespace vkseg
