#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const Lrn& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const std::vector<float> values = x.to_floats();
    const int64_t channels = x.shape()[1];
    const int64_t plane = x.elements() / (x.shape()[0] * channels);
    const int64_t below = (op.size - 1) / 2;
    const int64_t above = op.size / 2;
    std::vector<float> normal(values.size());
    for (int64_t i = 0; i < x.elements(); ++i)
    {
        const int64_t channel = i / plane % channels;
        double squares = 0;
        for (int64_t c = std::max<int64_t>(0, channel - below); c <= std::min(channels - 1, channel + above); ++c)
        {
            const double neighbour = values[size_t(i + (c - channel) * plane)];
            squares += neighbour * neighbour;
        }
        const double base = double(op.bias) + double(op.alpha) / double(op.size) * squares;
        normal[size_t(i)] = float(values[size_t(i)] / std::pow(base, double(op.beta)));
    }
    return Tensors{Tensor::from(x.shape(), std::move(normal))};
}

} // namespace vkseg::reference
