#include "base/parallel.hpp"
#include "base/try.hpp"
#include "ops/window.hpp"
#include "reference/activated.hpp"

namespace vkseg::reference {

// Follows the definition: adds every input value, times the kernel, to the outputs that it reaches.
Result<Tensors> evaluate(const ConvTranspose& op, const Arguments& arguments)
{
    const Tensor& input = *arguments.inputs[0];
    const Tensor& kernel = *arguments.inputs[1];
    const Tensor* bias_tensor = arguments.inputs.size() > 2 ? arguments.inputs[2] : nullptr;
    Window window = op.window;
    window.kernel.assign(kernel.shape().begin() + 2, kernel.shape().end());
    VKSEG_ASSIGN(const WindowGeometry geometry,
                 resolve_transposed_window(window, input.shape(), op.output_padding, op.output_shape));
    const WindowAxis& depth = geometry.depth();
    const WindowAxis& height = geometry.height();
    const WindowAxis& width = geometry.width();

    const std::vector<float> x = input.to_floats();
    const std::vector<float> weights = kernel.to_floats();
    const std::vector<float> bias = bias_tensor ? bias_tensor->to_floats() : std::vector<float>();
    const int64_t group_outputs = kernel.shape()[1];
    const int64_t outputs = group_outputs * op.groups;
    const int64_t group_inputs = kernel.shape()[0] / op.groups;
    const int64_t taps = geometry.taps();
    const int64_t in_plane = int64_t(depth.input) * height.input * width.input;
    const int64_t out_plane = int64_t(depth.output) * height.output * width.output;
    std::vector<float> y(size_t(arguments.outputs[0].shape.elements()));

    parallel_for(input.shape()[0] * outputs,
                 [&](int64_t plane)
                 {
                     const int64_t output = plane % outputs;
                     const int64_t first_input = output / group_outputs * group_inputs;
                     std::vector<double> sums(size_t(out_plane), bias.empty() ? 0.0 : double(bias[size_t(output)]));
                     for (int64_t channel = first_input; channel < first_input + group_inputs; ++channel)
                     {
                         const float* in_values = x.data() + (plane / outputs * input.shape()[1] + channel) * in_plane;
                         const float* tap_weights =
                             weights.data() + (channel * group_outputs + output % group_outputs) * taps;
                         for (int64_t tap = 0; tap < taps; ++tap)
                         {
                             const int64_t x0 = tap % width.kernel * width.dilation - width.pad_begin;
                             const int64_t y0 = tap / width.kernel % height.kernel * height.dilation - height.pad_begin;
                             const int64_t z0 = tap / (width.kernel * height.kernel) * depth.dilation - depth.pad_begin;
                             for (int64_t row = 0; row < int64_t(depth.input) * height.input; ++row)
                             {
                                 const int64_t out_z = z0 + row / height.input * depth.stride;
                                 const int64_t out_y = y0 + row % height.input * height.stride;
                                 if (out_z < 0 || out_z >= depth.output || out_y < 0 || out_y >= height.output)
                                     continue;
                                 double* out_row = sums.data() + (out_z * height.output + out_y) * width.output;
                                 for (int64_t i = 0; i < width.input; ++i)
                                 {
                                     const int64_t out_x = x0 + i * width.stride;
                                     if (out_x >= 0 && out_x < width.output)
                                         out_row[out_x] +=
                                             double(in_values[row * width.input + i]) * double(tap_weights[tap]);
                                 }
                             }
                         }
                     }
                     for (int64_t i = 0; i < out_plane; ++i)
                         y[size_t(plane * out_plane + i)] = float(sums[size_t(i)]);
                 });

    return activated(arguments.outputs[0].shape, std::move(y), op.activation);
}

} // namespace vkseg::reference
