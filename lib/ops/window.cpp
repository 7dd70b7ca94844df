#include "ops/window.hpp"

#include "base/div_ceil.hpp"
#include "base/invalid.hpp"
#include "base/try.hpp"

#include <algorithm>

namespace vkseg {
namespace {

Status check_list(const char* what, const Integers& values, size_t count, int64_t least)
{
    if (values.empty())
        return {};
    if (values.size() != count)
        return invalid(std::string(what) + " must have " + std::to_string(count) + " entries, got " +
                       std::to_string(values.size()));
    for (const int64_t value : values)
    {
        if (value < least || value > largest_extent)
            return invalid(std::string(what) + " must be from " + std::to_string(least) + " to " +
                           std::to_string(largest_extent) + ", got " + std::to_string(value));
    }
    return {};
}

int64_t entry(const Integers& values, size_t index, int64_t otherwise)
{
    return values.empty() ? otherwise : values[index];
}

/// An axis while its values may still be large.
struct WideAxis
{
    int64_t input, kernel, stride, dilation, pad_begin, pad_end, output;

    int64_t reach() const { return (kernel - 1) * dilation + 1; }

    /// For same_upper, the larger part of odd padding comes at the end, otherwise at the beginning (ONNX).
    void distribute_padding(int64_t total, bool is_upper)
    {
        total = std::max<int64_t>(total, 0);
        pad_begin = is_upper ? total / 2 : total - total / 2;
        pad_end = total - pad_begin;
    }
};

Status check_window(const Window& window, const Shape& x)
{
    if (x.rank() < 3 || x.rank() > 5)
        return invalid("input must have a batch axis, channels and 1 to 3 spatial axes, got " + to_string(x));
    for (const int64_t extent : x.extents())
    {
        if (extent < 0 || extent > largest_extent)
            return invalid("input " + to_string(x) + " must have extents up to " + std::to_string(largest_extent));
    }
    const size_t rank = x.rank() - 2;
    if (window.kernel.empty())
        return invalid("kernel_shape is missing");
    VKSEG_TRY(check_list("kernel_shape", window.kernel, rank, 1));
    VKSEG_TRY(check_list("strides", window.strides, rank, 1));
    VKSEG_TRY(check_list("dilations", window.dilations, rank, 1));
    return check_list("pads", window.pads, 2 * rank, 0);
}

WideAxis wide_axis(const Window& window, const Shape& x, size_t axis)
{
    const size_t rank = x.rank() - 2;
    WideAxis wide = {.input = x[axis + 2],
                     .kernel = window.kernel[axis],
                     .stride = entry(window.strides, axis, 1),
                     .dilation = entry(window.dilations, axis, 1),
                     .pad_begin = 0,
                     .pad_end = 0,
                     .output = 0};
    if (window.auto_pad == AutoPad::explicit_pads)
    {
        wide.pad_begin = entry(window.pads, axis, 0);
        wide.pad_end = entry(window.pads, axis + rank, 0);
    }
    return wide;
}

Result<WindowAxis> narrow(const WideAxis& wide, size_t axis)
{
    const std::string where = " of spatial axis " + std::to_string(axis);
    for (const int64_t value :
         {wide.reach(), wide.pad_begin, wide.pad_end, wide.output, wide.input + wide.pad_begin + wide.pad_end})
    {
        if (value > largest_extent)
            return invalid("window" + where + " is too large: " + std::to_string(value) + " exceeds " +
                           std::to_string(largest_extent));
    }
    if (wide.input == 0 && wide.output > 0)
        return invalid("window" + where + " has nothing but padding to read for " + std::to_string(wide.output) +
                       " outputs: the input has extent 0");
    if (wide.input > 0 && wide.output < 1)
        return invalid("window" + where + " leaves no output: input " + std::to_string(wide.input) + ", pads " +
                       std::to_string(wide.pad_begin) + " and " + std::to_string(wide.pad_end) + ", dilated kernel " +
                       std::to_string(wide.reach()));
    return WindowAxis{.input = int(wide.input),
                      .kernel = int(wide.kernel),
                      .stride = int(wide.stride),
                      .dilation = int(wide.dilation),
                      .pad_begin = int(wide.pad_begin),
                      .pad_end = int(wide.pad_end),
                      .output = int(std::max<int64_t>(wide.output, 0))};
}

bool is_same(AutoPad auto_pad)
{
    return auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower;
}

} // namespace

Shape WindowGeometry::output_shape(int64_t batch, int64_t channels) const
{
    Shape shape = {batch, channels};
    for (const WindowAxis& axis : spatial())
        shape.append(axis.output);
    return shape;
}

Result<WindowGeometry> resolve_window(const Window& window, const Shape& x, bool ceil_mode)
{
    VKSEG_TRY(check_window(window, x));
    WindowGeometry geometry = {.rank = x.rank() - 2};
    for (size_t axis = 0; axis < geometry.rank; ++axis)
    {
        WideAxis wide = wide_axis(window, x, axis);
        if (is_same(window.auto_pad))
        {
            wide.output = div_ceil(wide.input, wide.stride);
            wide.distribute_padding((wide.output - 1) * wide.stride + wide.reach() - wide.input,
                                    window.auto_pad == AutoPad::same_upper);
        }
        else if (const int64_t free = wide.input + wide.pad_begin + wide.pad_end - wide.reach(); free >= 0)
        {
            const bool rounds_up = ceil_mode && window.auto_pad == AutoPad::explicit_pads;
            wide.output = (free + (rounds_up ? wide.stride - 1 : 0)) / wide.stride + 1;
            if (rounds_up && (wide.output - 1) * wide.stride >= wide.input + wide.pad_begin)
                --wide.output;
        }
        VKSEG_ASSIGN(geometry.axes[3 - geometry.rank + axis], narrow(wide, axis));
    }
    return geometry;
}

Result<WindowGeometry> resolve_transposed_window(const Window& window, const Shape& x, const Integers& output_padding,
                                                 const Integers& output_shape)
{
    VKSEG_TRY(check_window(window, x));
    WindowGeometry geometry = {.rank = x.rank() - 2};
    VKSEG_TRY(check_list("output_padding", output_padding, geometry.rank, 0));
    VKSEG_TRY(check_list("output_shape", output_shape, geometry.rank, 0));
    for (size_t axis = 0; axis < geometry.rank; ++axis)
    {
        WideAxis wide = wide_axis(window, x, axis);
        const int64_t extra = entry(output_padding, axis, 0);
        if (extra != 0 && extra >= std::max(wide.stride, wide.dilation))
            return invalid("output_padding " + std::to_string(extra) + " must be smaller than stride " +
                           std::to_string(wide.stride) + " or dilation " + std::to_string(wide.dilation));
        const int64_t full = wide.stride * (wide.input - 1) + wide.reach() + extra;
        if (output_shape.empty() && !is_same(window.auto_pad))
            wide.output = full - wide.pad_begin - wide.pad_end;
        else
        {
            wide.output = output_shape.empty() ? wide.input * wide.stride : output_shape[axis];
            wide.distribute_padding(full - wide.output, window.auto_pad == AutoPad::same_upper);
        }
        VKSEG_ASSIGN(geometry.axes[3 - geometry.rank + axis], narrow(wide, axis));
    }
    return geometry;
}

} // namespace vkseg
