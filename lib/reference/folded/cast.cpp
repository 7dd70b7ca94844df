#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>

namespace vkseg::reference {
namespace {

/// Truncates floats towards zero. For all types but i64, clamps the result to the range of the 32-bit storage; narrower
/// types wrap afterwards.
std::vector<int64_t> integers_from_floats(const Tensor& x, DType type)
{
    std::vector<int64_t> values = x.to_integers();
    if (type != DType::i64)
    {
        for (int64_t& value : values)
            value =
                std::clamp<int64_t>(value, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
    }
    return values;
}

} // namespace

Result<Tensors> evaluate(const Cast& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    if (is_float(op.to))
        return Tensors{Tensor::from(x.shape(), x.to_floats())};
    if (!is_float(x.type()))
        return Tensors{integers_of(op.to, x.shape(), x.to_integers())};
    if (op.to != DType::boolean)
        return Tensors{integers_of(op.to, x.shape(), integers_from_floats(x, op.to))};
    const std::vector<float> floats = x.to_floats();
    std::vector<int64_t> values(floats.size());
    std::transform(floats.begin(), floats.end(), values.begin(), [](float value) { return value != 0; });
    return Tensors{integers_of(op.to, x.shape(), std::move(values))};
}

} // namespace vkseg::reference
