#include "reference/evaluate.hpp"

#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const InstanceNormalization& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    std::vector<float> values = x.to_floats();
    const std::vector<float> scale = arguments.inputs[1]->to_floats();
    const std::vector<float> bias = arguments.inputs[2]->to_floats();
    const size_t channels = scale.size();
    const size_t planes = size_t(x.shape()[0]) * channels;
    const size_t plane = values.size() / planes;
    for (size_t n = 0; n < planes; ++n)
    {
        const std::span<float> values_of_plane = std::span(values).subspan(n * plane, plane);
        double mean = 0;
        for (const float value : values_of_plane)
            mean += value;
        mean /= double(plane);
        double variance = 0;
        for (const float value : values_of_plane)
            variance += (value - mean) * (value - mean);
        variance /= double(plane);
        const double deviation = std::sqrt(variance + double(op.epsilon));
        for (float& value : values_of_plane)
            value = float((value - mean) / deviation * scale[n % channels] + bias[n % channels]);
    }
    return Tensors{Tensor::from(x.shape(), std::move(values))};
}

} // namespace vkseg::reference
