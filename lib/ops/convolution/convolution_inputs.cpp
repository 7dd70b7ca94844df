#include "ops/convolution/convolution_inputs.hpp"

#include "base/invalid.hpp"
#include "base/try.hpp"

#include <limits>

namespace vkseg {
Status check_convolution_inputs(Inputs inputs, size_t trailing, bool has_computed_weights)
{
    const size_t least = 2 + trailing;
    if (inputs.size() < least || inputs.size() > least + 1 || !inputs[0].is_present || !inputs[1].is_present)
        return invalid("needs " + std::to_string(least) + " or " + std::to_string(least + 1) + " inputs, got " +
                       std::to_string(inputs.size()));
    const Shape& x = inputs[0].shape;
    const TensorInfo& weights = inputs[1];
    if (x.rank() < 3 || x.rank() > 5)
        return invalid("input must be N x C x 1 to 3 spatial axes, got " + to_string(x));
    if (!is_float(inputs[0].type) || !is_float(weights.type))
        return invalid("input and weights must be floats, got " + std::string(name(inputs[0].type)) + " and " +
                       name(weights.type));
    if (!weights.constant && !has_computed_weights)
        return Status(StatusCode::unsupported, "weights must be constant");
    if (weights.shape.rank() != x.rank())
        return invalid("weights " + to_string(weights.shape) + " must have the rank of the input " + to_string(x));
    for (const int64_t extent : weights.shape.extents())
    {
        if (extent < 1)
            return invalid("weights " + to_string(weights.shape) + " are empty");
    }
    if (weights.shape.elements() > std::numeric_limits<int32_t>::max())
        return invalid("weights " + to_string(weights.shape) + " have more than 2^31 values");
    return {};
}

Status check_groups(int64_t groups, const Shape& x, const Shape& weights, size_t axis)
{
    const int64_t inputs = axis == 1 ? weights[1] * groups : weights[0];
    if (groups < 1 || groups > std::numeric_limits<int32_t>::max())
        return invalid("group must be at least 1, got " + std::to_string(groups));
    if (x[1] != inputs)
        return invalid("weights " + to_string(weights) + " in " + std::to_string(groups) + " groups need an input of " +
                       std::to_string(inputs) + " channels, got " + to_string(x));
    if (weights[0] % groups != 0)
        return invalid("weights " + to_string(weights) + " do not divide into " + std::to_string(groups) + " groups");
    return {};
}

Status check_bias(Inputs inputs, size_t trailing, int64_t outputs)
{
    if (!has_bias(inputs, trailing))
        return {};
    const TensorInfo& bias = inputs[2];
    if (!bias.constant)
        return Status(StatusCode::unsupported, "bias must be constant");
    if (!is_float(bias.type))
        return Status(StatusCode::unsupported, std::string("bias must be of floats, got ") + name(bias.type));
    if (bias.shape != Shape{outputs})
        return invalid("bias must have " + std::to_string(outputs) + " values, got " + to_string(bias.shape));
    return {};
}

bool has_bias(Inputs inputs, size_t trailing)
{
    return inputs.size() == 3 + trailing && inputs[2].is_present;
}

Result<Window> window_of_weights(const Window& window, const Shape& weights)
{
    Window result = window;
    result.kernel.assign(weights.begin() + 2, weights.end());
    if (!window.kernel.empty() && window.kernel != result.kernel)
    {
        Shape kernel;
        for (size_t i = 0; i < window.kernel.size() && i < Shape::max_rank; ++i)
            kernel.append(window.kernel[i]);
        return invalid("kernel_shape " + to_string(kernel) + " must be that of the weights " + to_string(weights));
    }
    return result;
}

Result<WindowGeometry> geometry_of_convolution(const Window& window, Inputs inputs)
{
    VKSEG_ASSIGN(const Window of_weights, window_of_weights(window, inputs[1].shape));
    return resolve_window(of_weights, inputs[0].shape);
}

ConvolutionChannels channels_of_convolution(int64_t groups, const Shape& weights)
{
    return {.inputs = int(weights[1] * groups), .outputs = int(weights[0]), .groups = int(groups)};
}

Status check_kernel_range(const WindowGeometry& geometry, const Shape& output)
{
    constexpr int largest = std::numeric_limits<int16_t>::max();
    for (const WindowAxis& axis : geometry.spatial())
    {
        for (const int value : {axis.kernel, axis.stride, axis.dilation})
        {
            if (value > largest)
                return Status(StatusCode::unsupported, "kernel, stride and dilation may be at most " +
                                                           std::to_string(largest) + ", got " + std::to_string(value));
        }
    }
    int64_t count = 1;
    for (const int64_t extent : output.extents())
    {
        count *= extent;
        if (count > std::numeric_limits<int32_t>::max())
            return Status(StatusCode::unsupported, "output " + to_string(output) + " has more than 2^31 values");
    }
    return {};
}

ConvolutionPass whole_pass(const WindowGeometry& geometry)
{
    const Extent3 pads = extents(geometry, &WindowAxis::pad_begin);
    return {.grid = extents(geometry, &WindowAxis::output),
            .kernel = extents(geometry, &WindowAxis::kernel),
            .stride = extents(geometry, &WindowAxis::stride),
            .dilation = extents(geometry, &WindowAxis::dilation),
            .origin = {-pads.depth, -pads.height, -pads.width}};
}

Extent3 extents(const WindowGeometry& geometry, int WindowAxis::*field)
{
    return {.depth = geometry.depth().*field, .height = geometry.height().*field, .width = geometry.width().*field};
}

} // namespace vkseg
