#include "reference/evaluate.hpp"

namespace vkseg::reference {
namespace {

template <class T>
std::vector<size_t> places_of_non_zeros(const std::vector<T>& values)
{
    std::vector<size_t> places;
    for (size_t i = 0; i < values.size(); ++i)
    {
        if (values[i] != 0)
            places.push_back(i);
    }
    return places;
}

} // namespace

Result<Tensors> evaluate(const NonZero&, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const std::vector<size_t> places =
        is_float(x.type()) ? places_of_non_zeros(x.to_floats()) : places_of_non_zeros(x.to_integers());
    const Shape& shape = arguments.outputs[0].shape;
    std::vector<int64_t> indices(size_t(shape.elements()));
    for (size_t column = 0; column < places.size(); ++column)
    {
        auto rest = int64_t(places[column]);
        for (size_t axis = x.shape().rank(); axis-- > 0; rest /= x.shape()[axis])
            indices[axis * size_t(shape[1]) + column] = rest % x.shape()[axis];
    }
    return Tensors{Tensor::from_integers(shape, std::move(indices)),
                   Tensor::from_integers({1}, {int64_t(places.size())})};
}

} // namespace vkseg::reference
