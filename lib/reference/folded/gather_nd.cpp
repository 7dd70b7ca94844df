#include "base/try.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const GatherNd& op, const Arguments& arguments)
{
    const Shape& x = arguments.inputs[0]->shape();
    const Shape& y = arguments.outputs[0].shape;
    const std::vector<int64_t> indices = arguments.inputs[1]->to_integers();
    const size_t depth = size_t(arguments.inputs[1]->shape().back());
    const size_t batch_dims = size_t(op.batch_dims);
    const std::vector<int64_t> strides = strides_of(x);
    int64_t batches = 1;
    for (size_t axis = 0; axis < batch_dims; ++axis)
        batches *= x[axis];
    const size_t tuples = indices.size() / depth;
    const int64_t inner = strides[batch_dims + depth - 1];
    std::vector<int64_t> places;
    for (size_t tuple = 0; tuple < tuples; ++tuple)
    {
        int64_t slice = int64_t(tuple / (tuples / size_t(batches))) * (x.elements() / batches);
        for (size_t k = 0; k < depth; ++k)
        {
            VKSEG_ASSIGN(const int64_t index, index_from_front(indices[tuple * depth + k], x[batch_dims + k]));
            slice += index * strides[batch_dims + k];
        }
        for (int64_t i = 0; i < inner; ++i)
            places.push_back(slice + i);
    }
    return Tensors{taken(*arguments.inputs[0], y, places)};
}

} // namespace vkseg::reference
