#include "base/try.hpp"
#include "reference/activated.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace vkseg::reference {

Result<Tensors> evaluate(const ByteConv& op, const Arguments& arguments)
{
    std::vector<float> centred = arguments.inputs[0]->to_floats();
    for (float& value : centred)
        value -= float(op.x_zero_point);
    const Tensor x = Tensor::from(arguments.inputs[0]->shape(), std::move(centred));
    const Shape& shape = arguments.outputs[0].shape;
    const Tensor starts = Tensor::from({shape[1]}, arguments.inputs[2]->to_floats());
    const Tensor* const operands[] = {&x, arguments.inputs[1], &starts};
    const TensorInfo info = {.type = DType::f32, .shape = shape};
    VKSEG_ASSIGN(const Tensors sums,
                 evaluate(Conv{.window = op.window, .groups = op.groups}, Arguments{operands, {&info, 1}}));

    const std::vector<float> factors = arguments.inputs[3]->to_floats();
    const std::vector<float> biases = arguments.inputs[4]->to_floats();
    std::vector<float> y = sums[0].to_floats();
    const auto plane = size_t(shape.elements() / (shape[0] * shape[1]));
    for (size_t i = 0; i < y.size(); ++i)
    {
        const size_t channel = i / plane % factors.size();
        const float product = y[i] * factors[channel];
        y[i] = product + biases[channel];
    }
    const auto add_residual = [&]
    {
        const std::vector<float> residual = arguments.inputs.back()->to_floats();
        std::transform(y.begin(), y.end(), residual.begin(), y.begin(), std::plus<>());
    };
    if (op.has_residual && !op.adds_residual_last)
        add_residual();
    VKSEG_ASSIGN(const Tensors results, activated(shape, std::move(y), op.activation));
    y = results[0].to_floats();
    if (op.has_residual && op.adds_residual_last)
        add_residual();
    if (!op.y)
        return Tensors{Tensor::from(shape, std::move(y))};
    std::vector<std::byte> bytes;
    for (const float value : y)
    {
        const float whole = std::nearbyint(value / op.y->scale) + float(op.y->zero_point);
        bytes.push_back(std::byte(int8_t(std::clamp(whole, -128.0f, 127.0f))));
    }
    return Tensors{Tensor::from_bytes(DType::i8, shape, std::move(bytes))};
}

} // namespace vkseg::reference
