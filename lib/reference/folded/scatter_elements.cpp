#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/scatter.hpp"
#include "reference/folded/select.hpp"

#include <cmath>

namespace vkseg::reference {
namespace {

/// Place in the data of each update in row-major order; `outside` for an index that names none.
std::vector<int64_t> places_of_updates(size_t axis, const Arguments& arguments)
{
    const Shape& data = arguments.inputs[0]->shape();
    const Shape& updates = arguments.inputs[2]->shape();
    const std::vector<int64_t> indices = arguments.inputs[1]->to_integers();
    const std::vector<int64_t> strides = strides_of(data);
    BroadcastWalk at_index(arguments.inputs[1]->shape(), updates);
    std::vector<int64_t> places(size_t(updates.elements()));
    for (size_t i = 0; i < places.size(); ++i, at_index.advance())
    {
        int64_t index = indices[at_index.index()];
        index += index < 0 ? data[axis] : 0;
        const bool is_inside = index >= 0 && index < data[axis];
        auto rest = int64_t(i);
        int64_t place = index * strides[axis];
        for (size_t k = updates.rank(); k-- > 0; rest /= updates[k])
            place += k == axis ? 0 : rest % updates[k] * strides[k];
        places[i] = is_inside ? place : outside;
    }
    return places;
}

double larger_update(double a, double b)
{
    return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : std::max(a, b);
}

int64_t larger_update(int64_t a, int64_t b)
{
    return std::max(a, b);
}

template <class T>
T combined(ScatterReduction reduction, T value, T update)
{
    switch (reduction)
    {
    case ScatterReduction::none:
        break;
    case ScatterReduction::add:
        return value + update;
    case ScatterReduction::mul:
        return value * update;
    case ScatterReduction::max:
        return larger_update(value, update);
    case ScatterReduction::min:
        return -larger_update(-value, -update);
    }
    return update;
}

template <class T>
std::vector<T> scattered(std::vector<T> values, const std::vector<int64_t>& places, ScatterReduction reduction,
                         const std::vector<T>& updates)
{
    for (size_t i = 0; i < places.size(); ++i)
    {
        if (places[i] != outside)
            values[size_t(places[i])] = combined(reduction, values[size_t(places[i])], updates[i]);
    }
    return values;
}

std::vector<double> doubles_of(const Tensor& tensor)
{
    const std::vector<float> values = tensor.to_floats();
    return {values.begin(), values.end()};
}

} // namespace

Result<Tensors> scatter(ScatterReduction reduction, const std::vector<int64_t>& places, const Arguments& arguments)
{
    const Tensor& data = *arguments.inputs[0];
    const Tensor& updates = *arguments.inputs[2];
    const TensorInfo& output = arguments.outputs[0];
    if (!is_float(output.type))
        return Tensors{integers_of(output.type, output.shape,
                                   scattered(data.to_integers(), places, reduction, updates.to_integers()))};
    const std::vector<double> values = scattered(doubles_of(data), places, reduction, doubles_of(updates));
    return Tensors{Tensor::from(output.shape, std::vector<float>(values.begin(), values.end()))};
}

Result<Tensors> evaluate(const ScatterElements& op, const Arguments& arguments)
{
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, arguments.inputs[0]->shape().rank()));
    return scatter(op.reduction, places_of_updates(axis, arguments), arguments);
}

} // namespace vkseg::reference
