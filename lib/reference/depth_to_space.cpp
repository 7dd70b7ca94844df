#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const DepthToSpace& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    const std::vector<int64_t> strides = strides_of(x.shape());
    const int64_t block = op.block_size;
    const bool is_depth_first = op.order == DepthOrder::depth_column_row;
    Offsets offsets = {progression(shape[0], strides[0]),
                       progression(shape[1], strides[1] * (is_depth_first ? 1 : block * block)),
                       {},
                       {}};
    const int64_t column_stride = strides[1] * (is_depth_first ? shape[1] : 1);
    for (int64_t y = 0; y < shape[2]; ++y)
        offsets[2].push_back(y / block * strides[2] + y % block * block * column_stride);
    for (int64_t column = 0; column < shape[3]; ++column)
        offsets[3].push_back(column / block * strides[3] + column % block * column_stride);
    return Tensors{select(x, shape, offsets)};
}

} // namespace vkseg::reference
