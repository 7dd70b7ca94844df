#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const SpaceToDepth& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    const std::vector<int64_t> strides = strides_of(x.shape());
    const int64_t block = op.block_size;
    std::vector<int64_t> channels;
    for (int64_t y = 0; y < block; ++y)
    {
        for (int64_t column = 0; column < block; ++column)
        {
            for (int64_t c = 0; c < x.shape()[1]; ++c)
                channels.push_back(y * strides[2] + column * strides[3] + c * strides[1]);
        }
    }
    return Tensors{select(x, shape,
                          {progression(shape[0], strides[0]), channels, progression(shape[2], strides[2] * block),
                           progression(shape[3], strides[3] * block)})};
}

} // namespace vkseg::reference
