#include "ops/shape_rules.hpp"
#include "reference/evaluate.hpp"
#include "reference/folded/select.hpp"

#include "base/try.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Split& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.shape().rank()));
    const std::vector<int64_t> strides = strides_of(x.shape());
    Tensors parts;
    int64_t begin = 0;
    for (const TensorInfo& info : arguments.outputs)
    {
        Offsets offsets;
        for (size_t i = 0; i < info.shape.rank(); ++i)
            offsets.push_back(progression(info.shape[i], strides[i], i == axis ? begin * strides[i] : 0));
        parts.push_back(select(x, info.shape, offsets));
        begin += info.shape[axis];
    }
    return parts;
}

} // namespace vkseg::reference
