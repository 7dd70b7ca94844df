#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Expand&, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    const std::vector<int64_t> strides = strides_of(x.shape());
    const size_t added = shape.rank() - x.shape().rank();
    Offsets offsets;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        const bool repeats = axis < added || x.shape()[axis - added] == 1;
        offsets.push_back(progression(shape[axis], repeats ? 0 : strides[axis - added]));
    }
    return Tensors{select(x, shape, offsets)};
}

} // namespace vkseg::reference
