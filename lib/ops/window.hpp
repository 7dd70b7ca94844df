#pragma once

#include "vkseg/operators.hpp"

#include <array>
#include <span>

/// The arithmetic of windows that slide over spatial axes, shared by convolutions, transposed convolutions and pools.
namespace vkseg {

/// Maximum of extents, strides, dilations and pads, so that kernels may add two of them.
constexpr int64_t largest_extent = int64_t(1) << 30;

/// One spatial axis with every default and auto_pad resolved. No value exceeds largest_extent.
struct WindowAxis
{
    int input = 1;
    int kernel = 1;
    int stride = 1;
    int dilation = 1;
    int pad_begin = 0;
    int pad_end = 0;
    int output = 1;

    int reach() const { return (kernel - 1) * dilation + 1; } ///< extent of the kernel with its gaps
    bool is_trivial() const { return kernel == 1 && stride == 1 && pad_begin == 0 && pad_end == 0; }
};

struct WindowGeometry
{
    size_t rank = 0;                     ///< number of spatial axes of the tensor, 1 to 3
    std::array<WindowAxis, 3> axes = {}; ///< depth, height, width; those that the tensor lacks are trivial

    const WindowAxis& depth() const { return axes[0]; }
    const WindowAxis& height() const { return axes[1]; }
    const WindowAxis& width() const { return axes[2]; }
    std::span<const WindowAxis> spatial() const { return std::span(axes).last(rank); }
    int taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
    Shape output_shape(int64_t batch, int64_t channels) const;
};

/// A window over x [N, C, 1 to 3 spatial axes], of a convolution or pool. window.kernel must be given. With
/// `ceil_mode`, which has no effect with auto_pad, a last window that overhangs counts if it starts inside the input
/// or the padding before it.
Result<WindowGeometry> resolve_window(const Window& window, const Shape& x, bool ceil_mode = false);

/// The same for a transposed convolution, whose `input` is the smaller side. A non-empty `output_shape` (spatial
/// extents) determines the pads.
Result<WindowGeometry> resolve_transposed_window(const Window& window, const Shape& x, const Integers& output_padding,
                                                 const Integers& output_shape);

} // namespace vkseg
