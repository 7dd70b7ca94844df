#include "ops/shape_rules.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

#include "base/try.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Gather& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape().rank()));
    const int64_t extent = x.shape()[axis];
    int64_t outer = 1;
    int64_t inner = 1;
    for (size_t i = 0; i < x.shape().rank(); ++i)
        (i < axis ? outer : inner) *= i == axis ? 1 : x.shape()[i];
    std::vector<int64_t> slices;
    for (const int64_t index : arguments.inputs[1]->to_integers())
    {
        if (index < -extent || index >= extent)
            return Status(StatusCode::invalid_argument, "indices must lie within an extent of " +
                                                            std::to_string(extent) + ", got " + std::to_string(index));
        slices.push_back((index < 0 ? index + extent : index) * inner);
    }
    const Shape flat = {outer, int64_t(slices.size()), inner};
    const Tensor result = select(x, flat, {progression(outer, extent * inner), slices, progression(inner, 1)});
    return Tensors{result.reshaped(arguments.outputs[0].shape)};
}

} // namespace vkseg::reference
