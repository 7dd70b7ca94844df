#include "reference/evaluate.hpp"

#include <cstring>

namespace vkseg::reference {

Result<Tensors> evaluate(const ConstantOfShape& op, const Arguments& arguments)
{
    const TensorInfo& info = arguments.outputs[0];
    const size_t size = size_bytes(info.type);
    std::vector<std::byte> result(size_t(info.shape.elements()) * size);
    const std::span<const std::byte> value = op.value.bytes();
    for (size_t i = 0; i < result.size() && !value.empty(); i += size)
        std::memcpy(&result[i], value.data(), size);
    return Tensors{Tensor::from_bytes(info.type, info.shape, std::move(result))};
}

} // namespace vkseg::reference
