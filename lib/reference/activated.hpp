#pragma once

#include "reference/evaluate.hpp"

namespace vkseg::reference {

/// Applies a fused activation to the values and returns them as the only output.
inline Result<Tensors> activated(Shape shape, std::vector<float> values, const Activation& activation)
{
    const Tensor tensor = Tensor::from(shape, std::move(values));
    if (activation.kind == UnaryKind::identity)
        return Tensors{tensor};
    const Tensor* input = &tensor;
    const TensorInfo output = {.type = DType::f32, .shape = shape};
    return evaluate(Unary{activation.kind, activation.a, activation.b}, Arguments{{&input, 1}, {&output, 1}});
}

} // namespace vkseg::reference
