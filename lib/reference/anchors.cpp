#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Anchors& op, const Arguments& arguments)
{
    const Shape& x = arguments.inputs[0]->shape();
    std::vector<float> corners;
    for (int64_t row = 0; row < x[2]; ++row)
    {
        for (int64_t column = 0; column < x[3]; ++column)
        {
            const float move_x = float(column) * op.stride_x;
            const float move_y = float(row) * op.stride_y;
            for (size_t anchor = 0; anchor < op.base.size(); anchor += 4)
            {
                corners.push_back(op.base[anchor] + move_x);
                corners.push_back(op.base[anchor + 1] + move_y);
                corners.push_back(op.base[anchor + 2] + move_x);
                corners.push_back(op.base[anchor + 3] + move_y);
            }
        }
    }
    return Tensors{Tensor::from(arguments.outputs[0].shape, std::move(corners))};
}

} // namespace vkseg::reference
