#include "base/try.hpp"
#include "ops/resize/resize_taps.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

/// Values along one axis, for interpolation; positions beyond an end have the value at that end.
struct Line
{
    const double* values;
    int64_t pitch;
    int64_t extent;

    bool has(int64_t position) const { return position >= 0 && position < extent; }
    double at(int64_t position) const { return values[std::clamp<int64_t>(position, 0, extent - 1) * pitch]; }
};

/// Rounds a coordinate to a multiple of one half if it differs from one by rounding errors only.
double snapped(double coordinate)
{
    const double multiple = std::round(coordinate * 2) / 2;
    return std::abs(coordinate - multiple) <= 1.2e-7 * (1 + std::abs(coordinate)) ? multiple : coordinate;
}

double coordinate_of(const Resize& op, const ResizeAxis& axis, double x)
{
    const double scale = axis.is_ratio ? double(axis.output) / double(axis.input) : double(axis.scale);
    const double length = axis.is_ratio ? double(axis.output) : scale * double(axis.input);
    const double last = double(axis.input - 1);
    const bool is_single = axis.output == 1;
    switch (op.coordinates)
    {
    case CoordinateTransformation::half_pixel:
        return snapped((x + 0.5) / scale - 0.5);
    case CoordinateTransformation::pytorch_half_pixel:
        return is_single ? 0 : snapped((x + 0.5) / scale - 0.5);
    case CoordinateTransformation::align_corners:
        return is_single ? 0 : snapped(x * last / (length - 1));
    case CoordinateTransformation::asymmetric:
        return snapped(x / scale);
    case CoordinateTransformation::tf_half_pixel_for_nn:
        return snapped((x + 0.5) / scale);
    case CoordinateTransformation::half_pixel_symmetric:
        // The centres of input and output coincide.
        return snapped((x + 0.5 - double(axis.output) / 2) / scale + double(axis.input) / 2 - 0.5);
    case CoordinateTransformation::tf_crop_and_resize:
        if (is_single)
            return (double(axis.roi_begin) + double(axis.roi_end)) * last / 2;
        return double(axis.roi_begin) * last +
               x * (double(axis.roi_end) - double(axis.roi_begin)) * last / (length - 1);
    }
    return 0;
}

double nearest(NearestMode mode, const Line& line, double coordinate)
{
    const double below = std::floor(coordinate);
    const double ratio = coordinate - below;
    const bool goes_up = mode == NearestMode::ceil                 ? ratio > 0
                         : mode == NearestMode::round_prefer_floor ? ratio > 0.5
                         : mode == NearestMode::round_prefer_ceil  ? ratio >= 0.5
                                                                   : false;
    return line.at(int64_t(below) + goes_up);
}

/// Interpolation weight at a distance: Keys' cubic kernel, or a triangle for linear.
double kernel_weight(const Resize& op, double distance)
{
    const double d = std::abs(distance);
    if (op.mode == ResizeMode::linear)
        return std::max(0.0, 1 - d);
    const double a = op.cubic_coeff_a;
    if (d <= 1)
        return (a + 2) * d * d * d - (a + 3) * d * d + 1;
    return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
}

/// `shrink` is the scale if the kernel is stretched against aliasing, otherwise 1.
double interpolated(const Resize& op, const Line& line, double coordinate, double shrink)
{
    const int64_t reach = int64_t(std::ceil(2 / shrink));
    const int64_t whole = int64_t(std::floor(coordinate));
    double sum = 0;
    double weights = 0;
    for (int64_t position = whole - reach; position <= whole + reach + 1; ++position)
    {
        const double weight = kernel_weight(op, (coordinate - double(position)) * shrink);
        if (weight == 0 || (op.exclude_outside && !line.has(position)))
            continue;
        sum += weight * line.at(position);
        weights += weight;
    }
    return (op.exclude_outside && weights != 0) || shrink < 1 ? sum / weights : sum;
}

double sample(const Resize& op, const ResizeAxis& axis, const Line& line, int64_t position)
{
    const bool crops = op.coordinates == CoordinateTransformation::tf_crop_and_resize;
    if (!crops && axis.scale == 1 && axis.input == axis.output)
        return line.at(position);
    const double coordinate = coordinate_of(op, axis, double(position));
    if (crops && (coordinate < 0 || coordinate > double(axis.input - 1)))
        return double(op.extrapolation_value);
    if (op.mode == ResizeMode::nearest)
        return nearest(op.nearest_mode, line, coordinate);
    return interpolated(op, line, coordinate, op.antialias ? std::min(1.0, double(axis.scale)) : 1);
}

} // namespace

Result<Tensors> evaluate(const Resize& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    VKSEG_ASSIGN(const std::vector<ResizeAxis> axes, resolve_resize(op, x.shape()));
    const std::vector<float> floats = x.to_floats();
    std::vector<double> values(floats.begin(), floats.end());
    // Resizes one axis after the other; the axes after it form runs of `pitch` values.
    int64_t pitch = 1;
    for (size_t i = axes.size(); i-- > 0;)
    {
        const ResizeAxis& axis = axes[i];
        const int64_t lines = int64_t(values.size()) / (axis.input * pitch);
        std::vector<double> resized;
        for (int64_t outer = 0; outer < lines; ++outer)
        {
            for (int64_t position = 0; position < axis.output; ++position)
            {
                for (int64_t inner = 0; inner < pitch; ++inner)
                {
                    const Line line = {values.data() + outer * axis.input * pitch + inner, pitch, axis.input};
                    resized.push_back(sample(op, axis, line, position));
                }
            }
        }
        values = std::move(resized);
        pitch *= axis.output;
    }
    return Tensors{Tensor::from(arguments.outputs[0].shape, std::vector<float>(values.begin(), values.end()))};
}

} // namespace vkseg::reference
