#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const MaxUnpool&, const Arguments& arguments)
{
    const std::vector<float> values = arguments.inputs[0]->to_floats();
    const std::vector<int64_t> indices = arguments.inputs[1]->to_integers();
    const Shape& shape = arguments.outputs[0].shape;
    std::vector<float> unpooled(size_t(shape.elements()), 0.0f);
    for (size_t i = 0; i < values.size(); ++i)
    {
        if (indices[i] >= 0 && indices[i] < shape.elements())
            unpooled[size_t(indices[i])] = values[i];
    }
    return Tensors{Tensor::from(shape, std::move(unpooled))};
}

} // namespace vkseg::reference
