#include "base/try.hpp"
#include "reference/activated.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const FullyConnected& op, const Arguments& arguments)
{
    const std::vector<float> x = arguments.inputs[0]->to_floats();
    const std::vector<float> weights = arguments.inputs[1]->to_floats();
    const size_t data = op.has_residual ? arguments.inputs.size() - 1 : arguments.inputs.size();
    const bool has_bias = data > 2 && arguments.inputs[2] != nullptr;
    const std::vector<float> bias = has_bias ? arguments.inputs[2]->to_floats() : std::vector<float>();
    const std::vector<float> residual = op.has_residual ? arguments.inputs.back()->to_floats() : std::vector<float>();
    const Shape& shape = arguments.outputs[0].shape;
    const size_t axis = op.is_over_channels ? 1 : shape.rank() - 1;
    const auto outputs = size_t(shape[axis]);
    const size_t inputs = weights.size() / outputs;
    size_t inner = 1; // values between neighbours along the axis
    for (size_t i = axis + 1; i < shape.rank(); ++i)
        inner *= size_t(shape[i]);

    std::vector<float> y;
    y.reserve(size_t(shape.elements()));
    for (size_t i = 0; i < size_t(shape.elements()); ++i)
    {
        const size_t output = i / inner % outputs;
        const size_t first = i / inner / outputs * inputs * inner + i % inner;
        double sum = has_bias ? double(bias[output]) : 0;
        for (size_t k = 0; k < inputs; ++k)
            sum += double(x[first + k * inner]) *
                   double(weights[op.has_inputs_first ? k * outputs + output : output * inputs + k]);
        if (op.has_residual && !op.adds_residual_last)
            sum += double(residual[i]);
        y.push_back(float(sum));
    }
    VKSEG_ASSIGN(Tensors result, activated(shape, std::move(y), op.activation));
    if (!op.adds_residual_last)
        return result;
    std::vector<float> values = result[0].to_floats();
    for (size_t i = 0; i < values.size(); ++i)
        values[i] += residual[i];
    return Tensors{Tensor::from(shape, std::move(values))};
}

} // namespace vkseg::reference
