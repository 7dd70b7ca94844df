#include "base/try.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {
namespace {

/// True if a value replaces the best value so far. NaN beats all other values.
template <class T>
bool wins(const ArgReduce& op, T value, T so_far)
{
    const bool is_nan = value != value;
    const bool was_nan = so_far != so_far;
    const bool is_tie = value == so_far || (is_nan && was_nan);
    if (is_nan || was_nan || is_tie)
        return is_tie ? op.select_last : is_nan;
    return op.is_min ? value < so_far : value > so_far;
}

template <class T>
std::vector<int64_t> found(const ArgReduce& op, const Shape& shape, const std::vector<T>& x)
{
    const size_t axis = size_t(op.axis < 0 ? op.axis + int64_t(shape.rank()) : op.axis);
    const size_t extent = size_t(shape[axis]);
    size_t inner = 1;
    for (size_t i = axis + 1; i < shape.rank(); ++i)
        inner *= size_t(shape[i]);

    std::vector<int64_t> indices(x.size() / extent);
    for (size_t row = 0; row < indices.size(); ++row)
    {
        const size_t first = row / inner * inner * extent + row % inner;
        size_t best = 0;
        for (size_t i = 1; i < extent; ++i)
        {
            if (wins(op, x[first + i * inner], x[first + best * inner]))
                best = i;
        }
        indices[row] = int64_t(best);
    }
    return indices;
}

} // namespace

Result<Tensors> evaluate(const ArgReduce& op, const Arguments& arguments)
{
    Tensor x = *arguments.inputs[0];
    if (op.resize)
    {
        const TensorInfo info = {.type = x.type(), .shape = x.shape()};
        VKSEG_ASSIGN(const Outputs resized, infer(*op.resize, {&info, 1}));
        VKSEG_ASSIGN(const Tensors results, evaluate(*op.resize, Arguments{arguments.inputs.first(1), resized}));
        x = results[0];
    }
    std::vector<int64_t> indices =
        is_float(x.type()) ? found(op, x.shape(), x.to_floats()) : found(op, x.shape(), x.to_integers());
    return Tensors{Tensor::from_integers(arguments.outputs[0].shape, std::move(indices))};
}

} // namespace vkseg::reference
