#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const BedOfNails& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    const std::vector<float> values = x.to_floats();
    std::vector<float> nails(size_t(shape.elements()), 0.0f);
    for (int64_t i = 0; i < x.elements(); ++i)
    {
        int64_t rest = i;
        int64_t place = 0;
        int64_t pitch = 1;
        for (size_t axis = shape.rank(); axis-- > 0;)
        {
            const int64_t stride = axis < 2 ? 1 : op.strides[axis - 2];
            place += rest % x.shape()[axis] * stride * pitch;
            rest /= x.shape()[axis];
            pitch *= shape[axis];
        }
        nails[size_t(place)] = values[size_t(i)];
    }
    return Tensors{Tensor::from(shape, std::move(nails))};
}

} // namespace vkseg::reference
