#include "reference/evaluate.hpp"

#include "base/try.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg::reference {

Result<Tensors> evaluate(const Op& op, std::span<const Tensor* const> inputs)
{
    std::vector<TensorInfo> infos;
    for (const Tensor* input : inputs)
    {
        infos.push_back({.type = input ? input->type() : DType::f32,
                         .shape = input ? input->shape() : Shape(),
                         .constant = input,
                         .is_present = input != nullptr});
    }
    const bool is_planned_away = std::holds_alternative<If>(op) || std::holds_alternative<Loop>(op) ||
                                 std::holds_alternative<TensorSequence>(op);
    if (is_planned_away) // shapes follow from the values
        return std::visit(
            [&](const auto& typed) { return evaluate(typed, Arguments{.inputs = inputs, .outputs = {}}); }, op);
    Op resolved = op;
    VKSEG_TRY(resolve(resolved, infos));
    VKSEG_ASSIGN(const Outputs outputs, infer(resolved, infos));
    if (std::all_of(outputs.begin(), outputs.end(), [](const TensorInfo& info) { return is_empty(info.shape); }))
    {
        Tensors results;
        for (const TensorInfo& info : outputs)
            results.push_back(empty_tensor(info));
        return results;
    }
    const Arguments arguments = {.inputs = inputs, .outputs = outputs};
    return std::visit([&](const auto& typed) { return evaluate(typed, arguments); }, resolved);
}

} // namespace vkseg::reference
