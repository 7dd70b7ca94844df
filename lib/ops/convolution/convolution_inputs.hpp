#pragma once

#include "ops/convolution/convolution.hpp"
#include "ops/window.hpp"

/// Checks that Conv and ConvTranspose share, and their view of a window of one to three spatial axes.
namespace vkseg {

/// Checks counts, types and ranks, and that the weights are constants unless the network computes them. `trailing`
/// inputs follow weights and bias.
Status check_convolution_inputs(Inputs inputs, size_t trailing, bool has_computed_weights = false);
/// Checks that the groups divide the channels; `axis` is the axis of the weights that counts the channels of one group.
Status check_groups(int64_t groups, const Shape& x, const Shape& weights, size_t axis);
Status check_bias(Inputs inputs, size_t trailing, int64_t outputs);
bool has_bias(Inputs inputs, size_t trailing);
/// `window` with the weights' spatial extents as its kernel, which the attribute may repeat.
Result<Window> window_of_weights(const Window& window, const Shape& weights);
/// Where a convolution's window lies in the inputs x and weights.
Result<WindowGeometry> geometry_of_convolution(const Window& window, Inputs inputs);
/// Channels of a convolution with these weights [M,C/groups,…].
ConvolutionChannels channels_of_convolution(int64_t groups, const Shape& weights);
/// Checks that everything the kernels count fits their integers.
Status check_kernel_range(const WindowGeometry& geometry, const Shape& output);

/// The pass that computes all outputs of a convolution.
ConvolutionPass whole_pass(const WindowGeometry& geometry);

Extent3 extents(const WindowGeometry& geometry, int WindowAxis::*field);

} // namespace vkseg
