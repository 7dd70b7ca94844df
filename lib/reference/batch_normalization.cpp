#include "reference/evaluate.hpp"

#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const BatchNormalization& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    std::vector<float> values = x.to_floats();
    const std::vector<float> scale = arguments.inputs[1]->to_floats();
    const std::vector<float> bias = arguments.inputs[2]->to_floats();
    const std::vector<float> mean = arguments.inputs[3]->to_floats();
    const std::vector<float> variance = arguments.inputs[4]->to_floats();
    const size_t channels = scale.size();
    const size_t plane = values.size() / (size_t(x.shape()[0]) * channels);
    for (size_t i = 0; i < values.size(); ++i)
    {
        const size_t c = i / plane % channels;
        const double deviation = std::sqrt(double(variance[c]) + double(op.epsilon));
        values[i] = float((double(values[i]) - mean[c]) / deviation * scale[c] + bias[c]);
    }
    return Tensors{Tensor::from(x.shape(), std::move(values))};
}

} // namespace vkseg::reference
