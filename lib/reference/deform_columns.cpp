#include "base/try.hpp"
#include "ops/window.hpp"
#include "reference/evaluate.hpp"

#include <cmath>

namespace vkseg::reference {
namespace {

/// Value at a position between pixels; zeros around the picture, and for NaN.
double interpolated(const float* plane, int64_t height, int64_t width, float y, float x)
{
    if (!(y > -1 && x > -1 && y < float(height) && x < float(width)))
        return 0;
    const auto top = int64_t(std::floor(y));
    const auto left = int64_t(std::floor(x));
    double sum = 0;
    for (int64_t row = top; row <= top + 1; ++row)
    {
        for (int64_t column = left; column <= left + 1; ++column)
        {
            const bool is_inside = row >= 0 && row < height && column >= 0 && column < width;
            const double weight = (1 - std::abs(double(y) - double(row))) * (1 - std::abs(double(x) - double(column)));
            sum += is_inside ? weight * double(plane[row * width + column]) : 0;
        }
    }
    return sum;
}

} // namespace

Result<Tensors> evaluate(const DeformColumns& op, const Arguments& arguments)
{
    const Shape& x = arguments.inputs[0]->shape();
    const Shape& y = arguments.outputs[0].shape;
    const bool has_mask = arguments.inputs.size() > 2 && arguments.inputs[2] != nullptr;
    const std::vector<float> values = arguments.inputs[0]->to_floats();
    const std::vector<float> offsets = arguments.inputs[1]->to_floats();
    const std::vector<float> mask = has_mask ? arguments.inputs[2]->to_floats() : std::vector<float>();
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, x));
    const WindowAxis& height = geometry.height();
    const WindowAxis& width = geometry.width();
    const int64_t taps = geometry.taps();
    const int64_t pixels = y[2] * y[3];
    const int64_t group_channels = x[1] / op.groups;
    std::vector<float> results(size_t(y.elements()));
    for (int64_t n = 0; n < x[0]; ++n)
    {
        for (int64_t c = 0; c < x[1]; ++c)
        {
            for (int64_t tap = 0; tap < taps; ++tap)
            {
                const int64_t map = (n * op.offset_groups + c / (x[1] / op.offset_groups)) * taps + tap;
                const int64_t column = (c / group_channels * taps + tap) * group_channels + c % group_channels;
                for (int64_t pixel = 0; pixel < pixels; ++pixel)
                {
                    const int64_t window_y = pixel / y[3] * height.stride - height.pad_begin;
                    const int64_t window_x = pixel % y[3] * width.stride - width.pad_begin;
                    const float at_y = float(window_y + tap / width.kernel * height.dilation) +
                                       offsets[size_t((map * 2) * pixels + pixel)];
                    const float at_x = float(window_x + tap % width.kernel * width.dilation) +
                                       offsets[size_t((map * 2 + 1) * pixels + pixel)];
                    const double value =
                        interpolated(values.data() + (n * x[1] + c) * x[2] * x[3], x[2], x[3], at_y, at_x);
                    const double factor = has_mask ? double(mask[size_t(map * pixels + pixel)]) : 1;
                    results[size_t((n * y[1] + column) * pixels + pixel)] = float(value * factor);
                }
            }
        }
    }
    return Tensors{Tensor::from(y, std::move(results))};
}

} // namespace vkseg::reference
