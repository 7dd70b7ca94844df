#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vkseg::reference {
namespace {

bool is_larger(float a, float b)
{
    return std::isnan(a) ? !std::isnan(b) : a > b;
}

bool is_larger(int64_t a, int64_t b)
{
    return a > b;
}

/// Places in `x` of the first k entries of each row, in the order of the results.
template <class T>
std::vector<size_t> first_places(const TopK& op, const Shape& shape, const std::vector<T>& x)
{
    const size_t axis = size_t(op.axis < 0 ? op.axis + int64_t(shape.rank()) : op.axis);
    const size_t extent = size_t(shape[axis]);
    const size_t k = size_t(op.k);
    size_t inner = 1;
    for (size_t i = axis + 1; i < shape.rank(); ++i)
        inner *= size_t(shape[i]);

    std::vector<size_t> places(x.size() / extent * k);
    std::vector<size_t> order(extent);
    for (size_t row = 0; row < x.size() / extent; ++row)
    {
        const size_t outer = row / inner;
        const size_t first = outer * inner * extent + row % inner;
        std::iota(order.begin(), order.end(), size_t(0));
        std::stable_sort(order.begin(), order.end(),
                         [&](size_t a, size_t b)
                         {
                             const T value_a = x[first + a * inner];
                             const T value_b = x[first + b * inner];
                             return op.is_smallest ? is_larger(value_b, value_a) : is_larger(value_a, value_b);
                         });
        for (size_t i = 0; i < k; ++i)
            places[(outer * k + i) * inner + row % inner] = first + order[i] * inner;
    }
    return places;
}

template <class T>
std::vector<T> values_at(const std::vector<size_t>& places, const std::vector<T>& x)
{
    std::vector<T> values;
    for (const size_t place : places)
        values.push_back(x[place]);
    return values;
}

} // namespace

Result<Tensors> evaluate(const TopK& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const Shape& shape = arguments.outputs[0].shape;
    const size_t axis = size_t(op.axis < 0 ? op.axis + int64_t(shape.rank()) : op.axis);
    std::vector<size_t> places;
    Tensors results;
    if (is_float(x.type()))
    {
        const std::vector<float> values = x.to_floats();
        places = first_places(op, x.shape(), values);
        results.push_back(Tensor::from(shape, values_at(places, values)));
    }
    else
    {
        const std::vector<int64_t> values = x.to_integers();
        places = first_places(op, x.shape(), values);
        results.push_back(integers_of(arguments.outputs[0].type, shape, values_at(places, values)));
    }
    size_t inner = 1;
    for (size_t i = axis + 1; i < shape.rank(); ++i)
        inner *= size_t(shape[i]);
    std::vector<int64_t> indices;
    for (const size_t place : places)
        indices.push_back(int64_t(place / inner) % x.shape()[axis]);
    results.push_back(Tensor::from_integers(shape, std::move(indices)));
    return results;
}

} // namespace vkseg::reference
