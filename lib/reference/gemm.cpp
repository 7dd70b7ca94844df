#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Gemm& op, const Arguments& arguments)
{
    const std::vector<float> a = arguments.inputs[0]->to_floats();
    const std::vector<float> b = arguments.inputs[1]->to_floats();
    const Shape& shape = arguments.outputs[0].shape;
    const int64_t rows = shape[0];
    const int64_t columns = shape[1];
    const int64_t depth = arguments.inputs[0]->shape()[op.transpose_a ? 0 : 1];

    std::vector<float> c;
    int64_t c_row_stride = 0;
    int64_t c_column_stride = 0;
    if (arguments.inputs.size() > 2 && arguments.inputs[2] != nullptr)
    {
        const Shape& c_shape = arguments.inputs[2]->shape();
        c = arguments.inputs[2]->to_floats();
        c_column_stride = c_shape.rank() >= 1 && c_shape.back() > 1 ? 1 : 0;
        c_row_stride = c_shape.rank() == 2 && c_shape[0] > 1 ? c_shape[1] : 0;
    }

    std::vector<float> y;
    y.reserve(size_t(shape.elements()));
    for (int64_t row = 0; row < rows; ++row)
    {
        for (int64_t column = 0; column < columns; ++column)
        {
            double sum = 0;
            for (int64_t k = 0; k < depth; ++k)
            {
                const float left = a[size_t(op.transpose_a ? k * rows + row : row * depth + k)];
                const float right = b[size_t(op.transpose_b ? column * depth + k : k * columns + column)];
                sum += double(left) * double(right);
            }
            sum *= double(op.alpha);
            if (!c.empty())
                sum += double(op.beta) * double(c[size_t(row * c_row_stride + column * c_column_stride)]);
            y.push_back(float(sum));
        }
    }
    return Tensors{Tensor::from(shape, std::move(y))};
}

} // namespace vkseg::reference
