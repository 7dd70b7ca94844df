#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

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

template <class T>
std::vector<T> scattered(std::vector<T> values, const std::vector<int64_t>& places, const std::vector<T>& updates)
{
    for (size_t i = 0; i < places.size(); ++i)
    {
        if (places[i] != outside)
            values[size_t(places[i])] = updates[i];
    }
    return values;
}

} // namespace

Result<Tensors> evaluate(const ScatterElements& op, const Arguments& arguments)
{
    const Tensor& data = *arguments.inputs[0];
    const Tensor& updates = *arguments.inputs[2];
    const TensorInfo& output = arguments.outputs[0];
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, data.shape().rank()));
    const std::vector<int64_t> places = places_of_updates(axis, arguments);
    if (is_float(output.type))
        return Tensors{Tensor::from(output.shape, scattered(data.to_floats(), places, updates.to_floats()))};
    return Tensors{
        integers_of(output.type, output.shape, scattered(data.to_integers(), places, updates.to_integers()))};
}

} // namespace vkseg::reference
