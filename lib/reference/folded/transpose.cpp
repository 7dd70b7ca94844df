#include "ops/movement/permutation.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

#include "base/try.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Transpose& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    VKSEG_ASSIGN(const std::vector<size_t> permutation, resolve_permutation(op, x.shape().rank()));
    const std::vector<int64_t> strides = strides_of(x.shape());
    Offsets offsets;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        offsets.push_back(progression(shape[axis], strides[permutation[axis]]));
    return Tensors{select(x, shape, offsets)};
}

} // namespace vkseg::reference
