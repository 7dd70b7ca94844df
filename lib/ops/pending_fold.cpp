#include "base/try.hpp"
#include "reference/evaluate.hpp"
namespace vkseg::reference {
bool is_foldable(const Op& op) { return op.index() >= 9 && op.index() <= 21; }
Result<Tensors> fold(const Op& op, const Arguments& arguments) { return std::visit([&](const auto& o) { return evaluate(o, arguments); }, op); }
Result<Tensors> evaluate(const Op& op, std::span<const Tensor* const> inputs)
{
    std::vector<TensorInfo> infos;
    for (const Tensor* t : inputs) { if (t) infos.push_back({t->type(), t->shape(), t, true}); else infos.push_back({.is_present = false}); }
    Op resolved = op;
    VKSEG_TRY(resolve(resolved, infos));
    VKSEG_ASSIGN(const Outputs outputs, infer(resolved, infos));
    return std::visit([&](const auto& o) { return evaluate(o, Arguments{inputs, outputs}); }, resolved);
}
}
