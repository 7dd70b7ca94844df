#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const GatherElements& op, const Arguments& arguments)
{
    const Shape& x = arguments.inputs[0]->shape();
    const Shape& y = arguments.outputs[0].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.rank()));
    const std::vector<int64_t> strides = strides_of(x);
    std::vector<int64_t> places = arguments.inputs[1]->to_integers();
    for (size_t i = 0; i < places.size(); ++i)
    {
        VKSEG_ASSIGN(const int64_t index, index_from_front(places[i], x[axis]));
        places[i] = index * strides[axis];
        auto rest = int64_t(i);
        for (size_t k = y.rank(); k-- > 0; rest /= y[k])
            places[i] += k == axis ? 0 : rest % y[k] * strides[k];
    }
    return Tensors{taken(*arguments.inputs[0], y, places)};
}

} // namespace vkseg::reference
