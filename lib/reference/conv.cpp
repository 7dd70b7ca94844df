#include "base/parallel.hpp"
#include "base/try.hpp"
#include "ops/window.hpp"
#include "reference/activated.hpp"

namespace vkseg::reference {
namespace {

/// Adds weight · x to the sums of one output row, for the positions where the tap lies inside the input.
void add_tap(std::vector<double>& sums, const float* x, double weight, const WindowAxis& axis, int tap)
{
    const int64_t origin = int64_t(tap) * axis.dilation - axis.pad_begin;
    const int64_t begin = origin >= 0 ? 0 : (-origin + axis.stride - 1) / axis.stride;
    const int64_t end =
        std::min<int64_t>(axis.output, axis.input > origin ? (axis.input - 1 - origin) / axis.stride + 1 : 0);
    if (axis.stride == 1)
    {
        for (int64_t i = begin; i < end; ++i)
            sums[size_t(i)] += weight * double(x[i + origin]);
        return;
    }
    for (int64_t i = begin; i < end; ++i)
        sums[size_t(i)] += weight * double(x[i * axis.stride + origin]);
}

} // namespace

Result<Tensors> evaluate(const Conv& op, const Arguments& arguments)
{
    const Tensor& input = *arguments.inputs[0];
    const Tensor& kernel = *arguments.inputs[1];
    const Tensor* bias_tensor =
        arguments.inputs.size() > 2 + signature(op).trailing_data_inputs ? arguments.inputs[2] : nullptr;
    Window window = op.window;
    window.kernel.assign(kernel.shape().begin() + 2, kernel.shape().end());
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(window, input.shape()));
    const WindowAxis& depth = geometry.depth();
    const WindowAxis& height = geometry.height();
    const WindowAxis& width = geometry.width();

    std::vector<float> x = input.to_floats();
    if (op.has_scale)
    {
        const size_t place = arguments.inputs.size() - signature(op).trailing_data_inputs;
        const std::vector<float> scale = arguments.inputs[place]->to_floats();
        const size_t plane = x.size() / scale.size();
        for (size_t i = 0; i < x.size(); ++i)
            x[i] *= scale[i / plane];
    }
    const std::vector<float> weights = kernel.to_floats();
    const std::vector<float> bias = bias_tensor ? bias_tensor->to_floats() : std::vector<float>();
    const std::vector<float> residual = op.has_residual ? arguments.inputs.back()->to_floats() : std::vector<float>();
    const int64_t inputs = kernel.shape()[1];
    const int64_t outputs = kernel.shape()[0];
    const int64_t taps = geometry.taps();
    const int64_t in_plane = int64_t(depth.input) * height.input * width.input;
    const int64_t out_plane = int64_t(depth.output) * height.output * width.output;
    std::vector<float> y(size_t(arguments.outputs[0].shape.elements()));

    parallel_for(input.shape()[0] * outputs,
                 [&](int64_t plane)
                 {
                     const int64_t output = plane % outputs;
                     const int64_t group = output / (outputs / op.groups);
                     const float* first_input =
                         x.data() + (plane / outputs * input.shape()[1] + group * inputs) * in_plane;
                     std::vector<double> sums;
                     for (int64_t row = 0; row < int64_t(depth.output) * height.output; ++row)
                     {
                         sums.assign(size_t(width.output), bias.empty() ? 0.0 : double(bias[size_t(output)]));
                         const int64_t z0 = row / height.output * depth.stride - depth.pad_begin;
                         const int64_t y0 = row % height.output * height.stride - height.pad_begin;
                         for (int64_t channel = 0; channel < inputs; ++channel)
                         {
                             const float* tap_weights = weights.data() + (output * inputs + channel) * taps;
                             for (int64_t tap = 0; tap < taps; ++tap)
                             {
                                 const int64_t tap_x = tap % width.kernel;
                                 const int64_t in_y = y0 + tap / width.kernel % height.kernel * height.dilation;
                                 const int64_t in_z = z0 + tap / (width.kernel * height.kernel) * depth.dilation;
                                 if (in_y < 0 || in_y >= height.input || in_z < 0 || in_z >= depth.input)
                                     continue;
                                 const float* in_row =
                                     first_input + channel * in_plane + (in_z * height.input + in_y) * width.input;
                                 add_tap(sums, in_row, double(tap_weights[tap]), width, int(tap_x));
                             }
                         }
                         const int64_t begin = plane * out_plane + row * width.output;
                         for (int64_t i = 0; i < width.output; ++i)
                         {
                             const bool adds_now = op.has_residual && !op.adds_residual_last;
                             y[size_t(begin + i)] =
                                 float(sums[size_t(i)] + (adds_now ? double(residual[size_t(begin + i)]) : 0.0));
                         }
                     }
                 });

    if (!op.adds_residual_last)
        return activated(arguments.outputs[0].shape, std::move(y), op.activation);
    VKSEG_ASSIGN(const Tensors results, activated(arguments.outputs[0].shape, std::move(y), op.activation));
    std::vector<float> sums = results[0].to_floats();
    for (size_t i = 0; i < sums.size(); ++i)
        sums[i] += residual[i];
    return Tensors{Tensor::from(arguments.outputs[0].shape, std::move(sums))};
}

} // namespace vkseg::reference
