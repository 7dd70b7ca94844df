#include "ops/resize/resize_taps.hpp"

#include "base/try.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

constexpr int64_t largest_exact_extent = int64_t(1) << 24; // so that f32 holds every position

Status check_count(const char* what, size_t count, size_t expected)
{
    if (count == expected)
        return {};
    return Status(StatusCode::invalid_model, std::string(what) + " must have " + std::to_string(expected) +
                                                 " entries, got " + std::to_string(count));
}

Result<ResizeAxis> scaled_axis(int64_t input, float scale)
{
    if (input == 0 && scale > 0)
        return ResizeAxis{.input = 0, .output = 0, .scale = scale};
    const float extent = std::floor(float(input) * scale); // in f32, as ONNX infers shapes
    if (!(scale > 0) || !(extent >= 1) || !(extent <= float(largest_exact_extent)))
        return Status(StatusCode::invalid_model, "scale " + std::to_string(scale) + " of extent " +
                                                     std::to_string(input) + " must give an extent from 1 to 2^24");
    ResizeAxis axis = {.input = input, .output = int64_t(extent), .scale = scale};
    axis.is_ratio = float(axis.output) / float(input) == scale;
    return axis;
}

Result<ResizeAxis> sized_axis(int64_t input, int64_t size)
{
    if (input == 0 && size == 0)
        return ResizeAxis{.input = 0, .output = 0};
    if (input == 0)
        return Status(StatusCode::invalid_model,
                      "an extent of 0 has no values and cannot be resized to " + std::to_string(size));
    if (size < 1 || size > largest_exact_extent)
        return Status(StatusCode::invalid_model, "sizes must be from 1 to 2^24, got " + std::to_string(size));
    return ResizeAxis{.input = input, .output = size, .scale = float(size) / float(input)};
}

/// The axes of sizes with a policy that keeps the aspect ratio: one axis gets its size, and decides the scale of all.
Result<std::vector<ResizeAxis>> proportional_axes(const Resize& op, const Shape& x, std::span<const size_t> axes)
{
    size_t chosen = 0;
    for (size_t i = 0; i < axes.size(); ++i)
    {
        VKSEG_TRY(sized_axis(x[axes[i]], op.sizes[i]).status());
        const int64_t difference = op.sizes[i] * x[axes[chosen]] - op.sizes[chosen] * x[axes[i]]; // of the two ratios
        if (op.aspect_policy == AspectPolicy::not_larger ? difference < 0 : difference > 0)
            chosen = i;
    }
    const int64_t size = op.sizes[chosen];
    const int64_t extent = x[axes[chosen]];
    std::vector<ResizeAxis> resized;
    for (const size_t axis : axes)
    {
        if (extent == 0)
        {
            resized.push_back({.input = 0, .output = 0});
            continue;
        }
        const int64_t output = (2 * x[axis] * size + extent) / (2 * extent); // halves are rounded up
        if (output < 1 || output > largest_exact_extent)
            return Status(StatusCode::invalid_model, "sizes in proportion to an extent of " + std::to_string(x[axis]) +
                                                         " must be from 1 to 2^24, got " + std::to_string(output));
        resized.push_back({.input = x[axis],
                           .output = output,
                           .scale = float(size) / float(extent),
                           .is_ratio = output * extent == x[axis] * size});
    }
    return resized;
}

bool is_identity(const Resize& op, const ResizeAxis& axis)
{
    const bool crops = op.coordinates == CoordinateTransformation::tf_crop_and_resize;
    return axis.input == axis.output && axis.scale == 1 && (!crops || (axis.roi_begin == 0 && axis.roi_end == 1));
}

/// An output coordinate in the input's units. Exact if the scale is a ratio of extents: f32's rounding would move
/// coordinates that coincide with a pixel.
double unscaled(const ResizeAxis& axis, double position)
{
    if (axis.is_ratio)
        return position * double(axis.input) / double(axis.output);
    return double(float(position) / axis.scale);
}

double source_coordinate(const Resize& op, const ResizeAxis& axis, double position)
{
    const double last = double(axis.input - 1);
    // ONNX's test cases divide by the extent before it is rounded down.
    const double resized = axis.is_ratio ? double(axis.output) : double(float(axis.input) * axis.scale);
    switch (op.coordinates)
    {
    case CoordinateTransformation::half_pixel:
        return unscaled(axis, position + 0.5) - 0.5;
    case CoordinateTransformation::pytorch_half_pixel:
        return axis.output > 1 ? unscaled(axis, position + 0.5) - 0.5 : 0;
    case CoordinateTransformation::align_corners:
        return axis.output > 1 ? position * last / (resized - 1) : 0;
    case CoordinateTransformation::asymmetric:
        return unscaled(axis, position);
    case CoordinateTransformation::tf_half_pixel_for_nn:
        return unscaled(axis, position + 0.5);
    case CoordinateTransformation::half_pixel_symmetric:
        // Computed from the centre, so that coordinates that coincide with a pixel stay there.
        return unscaled(axis, position + 0.5 - 0.5 * double(axis.output)) + 0.5 * last;
    case CoordinateTransformation::tf_crop_and_resize: {
        const double begin = axis.roi_begin;
        const double end = axis.roi_end;
        if (axis.output == 1)
            return 0.5 * (begin + end) * last;
        // Weighted, so that the corners of the region are hit exactly.
        return (begin * (resized - 1 - position) + end * position) * last / (resized - 1);
    }
    }
    return 0;
}

double nearest(NearestMode mode, double coordinate)
{
    switch (mode)
    {
    case NearestMode::round_prefer_floor:
        return std::ceil(coordinate - 0.5);
    case NearestMode::round_prefer_ceil:
        return std::floor(coordinate + 0.5);
    case NearestMode::floor:
        return std::floor(coordinate);
    case NearestMode::ceil:
        return std::ceil(coordinate);
    }
    return 0;
}

/// Weights of the four positions around a coordinate, which lies `ratio` after the second: R. Keys, "Cubic Convolution
/// Interpolation for Digital Image Processing", 1981.
std::array<double, 4> cubic_weights(double ratio, double a)
{
    const auto near = [a](double t) { return ((a + 2) * t - (a + 3)) * t * t + 1; };
    const auto far = [a](double t) { return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a; };
    return {far(1 + ratio), near(ratio), near(1 - ratio), far(2 - ratio)};
}

/// Weights around a coordinate, which lies `ratio` after one of the positions, of a filter that is stretched to cover
/// all pixels of an output. Returns the distance of the first position from that one.
int64_t stretched_weights(const Resize& op, double scale, double ratio, std::vector<double>& weights)
{
    const double reach = op.mode == ResizeMode::linear ? 1 : 2;
    const int64_t first = int64_t(std::floor(-reach / scale)) + 1;
    const int64_t end = 2 - first;
    double sum = 0;
    for (int64_t i = first; i < end; ++i)
    {
        const double distance = std::abs((double(i) - ratio) * scale);
        double weight = std::max(1 - distance, 0.0);
        if (op.mode == ResizeMode::cubic)
            weight = distance >= 2
                         ? 0
                         : cubic_weights(distance - std::floor(distance), op.cubic_coeff_a)[distance < 1 ? 1 : 0];
        weights.push_back(weight);
        sum += weight;
    }
    for (double& weight : weights)
        weight /= sum;
    return first;
}

/// Positions beyond the borders are clamped to them, or are left out with exclude_outside.
void append_weighted(std::vector<ResizeTap>& taps, const Resize& op, const ResizeAxis& axis, double first,
                     std::span<double> weights)
{
    const double last = double(axis.input - 1);
    if (op.exclude_outside)
    {
        double sum = 0;
        for (size_t i = 0; i < weights.size(); ++i)
            sum += first + double(i) < 0 || first + double(i) > last ? 0 : weights[i];
        for (size_t i = 0; i < weights.size() && sum != 0; ++i)
            weights[i] = first + double(i) < 0 || first + double(i) > last ? 0 : weights[i] / sum;
    }
    for (size_t i = 0; i < weights.size(); ++i)
        taps.push_back({int32_t(std::clamp(first + double(i), 0.0, last)), float(weights[i])});
}

/// True if the filter is widened against aliasing.
bool is_stretched(const Resize& op, const ResizeAxis& axis)
{
    return op.antialias && op.mode != ResizeMode::nearest && axis.scale < 1;
}

} // namespace

Result<std::vector<ResizeAxis>> resolve_resize(const Resize& op, const Shape& x)
{
    std::vector<size_t> axes;
    VKSEG_ASSIGN(axes, resolve_axes(op.axes, x.rank()));
    for (size_t axis = 0; op.axes.empty() && axis < x.rank(); ++axis)
        axes.push_back(axis);
    if (op.scales.empty() == op.sizes.empty())
        return Status(StatusCode::invalid_model, "either scales or sizes must be given, got " +
                                                     std::string(op.scales.empty() ? "neither" : "both"));
    VKSEG_TRY(op.sizes.empty() ? check_count("scales", op.scales.size(), axes.size())
                               : check_count("sizes", op.sizes.size(), axes.size()));
    const bool crops = op.coordinates == CoordinateTransformation::tf_crop_and_resize;
    if (crops)
        VKSEG_TRY(check_count("roi", op.roi.size(), 2 * axes.size()));

    std::vector<ResizeAxis> resolved;
    for (const int64_t extent : x)
    {
        if (extent < 0 || extent > largest_exact_extent)
            return Status(StatusCode::invalid_model, "input must have extents up to 2^24, got " + to_string(x));
        resolved.push_back({.input = extent, .output = extent});
    }
    std::vector<ResizeAxis> proportional;
    if (op.aspect_policy != AspectPolicy::stretch && !op.sizes.empty())
    {
        VKSEG_ASSIGN(proportional, proportional_axes(op, x, axes));
    }
    for (size_t i = 0; i < axes.size(); ++i)
    {
        ResizeAxis& axis = resolved[axes[i]];
        VKSEG_ASSIGN(axis, !proportional.empty() ? Result<ResizeAxis>(proportional[i])
                           : op.sizes.empty()    ? scaled_axis(axis.input, op.scales[i])
                                                 : sized_axis(axis.input, op.sizes[i]));
        if (!crops)
            continue;
        axis.roi_begin = op.roi[i];
        axis.roi_end = op.roi[i + axes.size()];
        if (!std::isfinite(axis.roi_begin) || !std::isfinite(axis.roi_end))
            return Status(StatusCode::invalid_model, "roi must be finite");
    }
    return resolved;
}

int tap_count(const Resize& op, const ResizeAxis& axis)
{
    if (op.mode == ResizeMode::nearest || is_identity(op, axis))
        return 1;
    if (is_stretched(op, axis))
        return 2 * int(std::ceil((op.mode == ResizeMode::linear ? 1 : 2) / double(axis.scale)));
    return op.mode == ResizeMode::linear ? 2 : 4;
}

std::vector<ResizeTap> taps_of(const Resize& op, const ResizeAxis& axis)
{
    const double last = double(axis.input - 1);
    const size_t count = size_t(tap_count(op, axis));
    std::vector<ResizeTap> taps;
    taps.reserve(count * size_t(axis.output));
    for (int64_t position = 0; position < axis.output; ++position)
    {
        if (is_identity(op, axis))
        {
            taps.push_back({int32_t(position), 1.0f});
            continue;
        }
        const double coordinate = source_coordinate(op, axis, double(position));
        const bool crops = op.coordinates == CoordinateTransformation::tf_crop_and_resize;
        if (crops && (coordinate < 0 || coordinate > last))
        {
            taps.insert(taps.end(), count, {-1, 0.0f});
            continue;
        }
        const double whole = std::floor(coordinate);
        const double ratio = coordinate - whole;
        if (op.mode == ResizeMode::nearest)
            taps.push_back({int32_t(std::clamp(nearest(op.nearest_mode, coordinate), 0.0, last)), 1.0f});
        else if (is_stretched(op, axis))
        {
            std::vector<double> weights;
            const int64_t first = stretched_weights(op, double(axis.scale), ratio, weights);
            append_weighted(taps, op, axis, whole + double(first), weights);
        }
        else if (op.mode == ResizeMode::linear)
        {
            std::array<double, 2> weights = {1 - ratio, ratio};
            append_weighted(taps, op, axis, whole, weights);
        }
        else
        {
            std::array<double, 4> weights = cubic_weights(ratio, double(op.cubic_coeff_a));
            append_weighted(taps, op, axis, whole - 1, weights);
        }
    }
    return taps;
}

} // namespace vkseg
