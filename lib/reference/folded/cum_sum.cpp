#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {
namespace {

template <class Sum, class T>
std::vector<T> summed(const CumSum& op, size_t axis, const Shape& shape, const std::vector<T>& values)
{
    const int64_t stride = strides_of(shape)[axis];
    const int64_t extent = shape[axis];
    std::vector<T> results(values.size());
    for (int64_t row = 0; row < int64_t(values.size()) / extent; ++row)
    {
        const int64_t first = row / stride * stride * extent + row % stride;
        Sum sum = 0;
        for (int64_t k = 0; k < extent; ++k)
        {
            const size_t place = size_t(first + (op.is_reverse ? extent - 1 - k : k) * stride);
            const Sum with_value = sum + Sum(values[place]);
            results[place] = T(op.is_exclusive ? sum : with_value);
            sum = with_value;
        }
    }
    return results;
}

} // namespace

Result<Tensors> evaluate(const CumSum& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const TensorInfo& output = arguments.outputs[0];
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape().rank()));
    if (is_float(output.type))
        return Tensors{Tensor::from(output.shape, summed<double>(op, axis, x.shape(), x.to_floats()))};
    return Tensors{integers_of(output.type, output.shape, summed<int64_t>(op, axis, x.shape(), x.to_integers()))};
}

} // namespace vkseg::reference
