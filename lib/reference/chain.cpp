#include "base/try.hpp"
#include "ops/elementwise/elementwise.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const Chain& op, const Arguments& arguments)
{
    std::vector<Tensor> inputs; // as floats
    for (const Tensor* const input : arguments.inputs)
        inputs.push_back(Tensor::from(input->shape(), input->to_floats()));
    Tensor value = inputs[0];
    for (const ChainStep& step : op.steps)
    {
        const auto apply = [&](const auto& function) -> Result<Tensors>
        {
            if constexpr (std::is_same_v<std::decay_t<decltype(function)>, Unary>)
            {
                const TensorInfo like = {.type = DType::f32, .shape = value.shape()};
                const Tensor* const operands[] = {&value};
                return evaluate(function, Arguments{operands, {&like, 1}});
            }
            else
            {
                const Tensor constant = Tensor::from({}, {step.constant});
                const Tensor* const other = step.operand < 0 ? &constant : &inputs[size_t(step.operand)];
                const Tensor* const operands[] = {step.is_second ? other : &value, step.is_second ? &value : other};
                VKSEG_ASSIGN(const Shape shape, broadcast(value.shape(), other->shape()));
                const TensorInfo info = {.type = DType::f32, .shape = shape};
                return evaluate(function, Arguments{operands, {&info, 1}});
            }
        };
        VKSEG_ASSIGN(const Tensors results, std::visit(apply, step.function));
        value = results[0];
    }
    if (!op.makes_bytes)
        return Tensors{value};
    std::vector<std::byte> bytes;
    for (const float number : value.floats())
        bytes.push_back(std::byte(int8_t(std::clamp(std::nearbyint(number), -128.0f, 127.0f))));
    return Tensors{Tensor::from_bytes(DType::i8, value.shape(), std::move(bytes))};
}

} // namespace vkseg::reference
