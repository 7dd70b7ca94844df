#include "reference/evaluate.hpp"

#include "base/try.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Op& op, std::span<const Tensor* const> inputs)
{
    std::vector<TensorInfo> infos;
    for (const Tensor* input : inputs)
    {
        if (input == nullptr)
            infos.push_back({.is_present = false});
        else
            infos.push_back({.type = input->type(), .shape = input->shape(), .constant = input});
    }
    Op resolved = op;
    VKSEG_TRY(resolve(resolved, infos));
    VKSEG_ASSIGN(const Outputs outputs, infer(resolved, infos));
    return std::visit([&](const auto& o) { return evaluate(o, Arguments{inputs, outputs}); }, resolved);
}

} // namespace vkseg::reference
