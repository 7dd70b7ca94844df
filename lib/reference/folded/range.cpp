#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Range&, const Arguments& arguments)
{
    const Shape& shape = arguments.outputs[0].shape;
    const size_t count = size_t(shape.elements());
    if (is_float(arguments.outputs[0].type))
    {
        const double start = arguments.inputs[0]->to_floats()[0];
        const double delta = arguments.inputs[2]->to_floats()[0];
        std::vector<float> values(count);
        for (size_t i = 0; i < count; ++i)
            values[i] = float(start + double(i) * delta);
        return Tensors{Tensor::from(shape, std::move(values))};
    }
    const int64_t start = arguments.inputs[0]->to_integers()[0];
    const int64_t delta = arguments.inputs[2]->to_integers()[0];
    std::vector<int64_t> values(count);
    for (size_t i = 0; i < count; ++i)
        values[i] = int64_t(uint64_t(start) + uint64_t(i) * uint64_t(delta)); // the product alone may wrap
    return Tensors{Tensor::from_integers(shape, std::move(values))};
}

} // namespace vkseg::reference
