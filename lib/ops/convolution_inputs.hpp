#pragma once

#include "ops/convolution.hpp"
#include "ops/window.hpp"

/// The checks that Conv and ConvTranspose share, and how they see a window of one to three spatial axes.
namespace vkseg {

/// Counts, types and ranks, and that the weights are constants. `trailing` inputs stand behind weights and bias.
Status check_convolution_inputs(Inputs inputs, size_t trailing);
/// That the groups divide the channels; `axis` of the weights is the one that counts the channels of one group.
Status check_groups(int64_t groups, const Shape& x, const Shape& weights, size_t axis);
Status check_bias(Inputs inputs, size_t trailing, int64_t outputs);
bool has_bias(Inputs inputs, size_t trailing);
/// `window` with the weights' spatial extents as its kernel, which the attribute may repeat.
Result<Window> window_of_weights(const Window& window, const Shape& weights);
/// That the kernels' integers hold all that they count.
Status check_kernel_range(const WindowGeometry& geometry, const Shape& output);

Extent3 extents(const WindowGeometry& geometry, int WindowAxis::*field);

} // namespace vkseg
