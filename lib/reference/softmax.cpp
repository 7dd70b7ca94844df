#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const Softmax& op, const Arguments& arguments)
{
    const Tensor& input = *arguments.inputs[0];
    const Shape& shape = input.shape();
    const std::vector<float> x = input.to_floats();
    const size_t axis = size_t(op.axis < 0 ? op.axis + int64_t(shape.rank()) : op.axis);
    size_t extent = 1;
    size_t inner = 1;
    for (size_t i = axis; i < shape.rank(); ++i)
        (i == axis || op.flattens ? extent : inner) *= size_t(shape[i]);

    std::vector<float> y(x.size());
    for (size_t row = 0; row < x.size() / extent; ++row)
    {
        const size_t first = row / inner * inner * extent + row % inner;
        double peak = x[first];
        for (size_t i = 0; i < extent; ++i)
            peak = std::max(peak, double(x[first + i * inner]));
        double sum = 0;
        for (size_t i = 0; i < extent; ++i)
            sum += std::exp(x[first + i * inner] - peak);
        for (size_t i = 0; i < extent; ++i)
        {
            const double shifted = x[first + i * inner] - peak;
            y[first + i * inner] = float(op.is_log ? shifted - std::log(sum) : std::exp(shifted) / sum);
        }
    }
    return Tensors{Tensor::from(shape, std::move(y))};
}

} // namespace vkseg::reference
