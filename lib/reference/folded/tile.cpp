#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Tile&, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    const std::vector<int64_t> strides = strides_of(x.shape());
    Offsets offsets(shape.rank());
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        for (int64_t i = 0; i < shape[axis]; ++i)
            offsets[axis].push_back(i % x.shape()[axis] * strides[axis]);
    }
    return Tensors{select(x, shape, offsets)};
}

} // namespace vkseg::reference
