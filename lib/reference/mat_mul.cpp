#include "reference/evaluate.hpp"

namespace vkseg::reference {
namespace {

/// A stack of matrices; a vector is a matrix of one row or column.
struct Matrices
{
    std::vector<float> values;
    Shape batch = {};
    int64_t rows = 1;
    int64_t columns = 1;
};

Matrices matrices_of(const Tensor& tensor, bool is_column)
{
    const Shape& shape = tensor.shape();
    Matrices result = {.values = tensor.to_floats()};
    if (shape.rank() == 1)
    {
        (is_column ? result.rows : result.columns) = shape[0];
        return result;
    }
    result.rows = shape[shape.rank() - 2];
    result.columns = shape.back();
    result.batch = Shape(shape.extents().first(shape.rank() - 2));
    return result;
}

/// Start of the operand's matrix for matrix `index` of the output's stack.
const float* matrix_at(const Matrices& matrices, const Shape& batch, int64_t index)
{
    int64_t place = 0;
    int64_t stride = matrices.rows * matrices.columns;
    for (size_t i = 1; i <= matrices.batch.rank(); ++i)
    {
        const int64_t extent = matrices.batch[matrices.batch.rank() - i];
        const int64_t coordinate = index % batch[batch.rank() - i];
        index /= batch[batch.rank() - i];
        place += extent == 1 ? 0 : coordinate * stride;
        stride *= extent;
    }
    return matrices.values.data() + place;
}

} // namespace

Result<Tensors> evaluate(const MatMul&, const Arguments& arguments)
{
    const Matrices a = matrices_of(*arguments.inputs[0], /* is_column= */ false);
    const Matrices b = matrices_of(*arguments.inputs[1], /* is_column= */ true);
    const Shape& shape = arguments.outputs[0].shape;
    const size_t vectors = (arguments.inputs[0]->shape().rank() == 1) + (arguments.inputs[1]->shape().rank() == 1);
    const Shape batch(shape.extents().first(shape.rank() - (2 - vectors)));

    std::vector<float> y;
    y.reserve(size_t(shape.elements()));
    for (int64_t i = 0; i < batch.elements(); ++i)
    {
        const float* left = matrix_at(a, batch, i);
        const float* right = matrix_at(b, batch, i);
        for (int64_t row = 0; row < a.rows; ++row)
        {
            for (int64_t column = 0; column < b.columns; ++column)
            {
                double sum = 0;
                for (int64_t k = 0; k < a.columns; ++k)
                    sum += double(left[row * a.columns + k]) * double(right[k * b.columns + column]);
                y.push_back(float(sum));
            }
        }
    }
    return Tensors{Tensor::from(shape, std::move(y))};
}

} // namespace vkseg::reference
