#include "reference/evaluate.hpp"

#include "base/try.hpp"
#include "vkseg/graph.hpp"

namespace vkseg::reference {
namespace {

Result<Tensor> joined(const std::vector<Tensor>& rows)
{
    Tensors parts;
    std::vector<const Tensor*> inputs;
    for (const Tensor& row : rows)
    {
        const Tensor* const input[] = {&row};
        VKSEG_ASSIGN(Tensors part, evaluate(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0}}, input));
        parts.push_back(std::move(part[0]));
    }
    for (const Tensor& part : parts)
        inputs.push_back(&part);
    VKSEG_ASSIGN(Tensors whole, evaluate(Op(Concat{.axis = 0}), inputs));
    return std::move(whole[0]);
}

bool is_true(const Tensor* condition)
{
    return condition == nullptr || condition->to_integers()[0] != 0;
}

} // namespace

Result<Tensors> evaluate(const Loop& op, const Arguments& arguments)
{
    std::vector<const Tensor*> inputs(arguments.inputs.begin(), arguments.inputs.end());
    const int64_t most = inputs[0] != nullptr ? inputs[0]->to_integers()[0] : INT64_MAX;
    const size_t results_per_turn = op.body->outputs.size() - 1 - op.carried;
    std::vector<Tensors> results(results_per_turn);
    Tensors state; // of the last turn: condition, variables, results
    const Tensor always = Tensor::from_bytes(DType::boolean, Shape{}, {std::byte(1)});
    const bool has_condition = inputs[1] != nullptr;
    for (int64_t turn = 0; turn < most && is_true(inputs[1]); ++turn)
    {
        const Tensor number = Tensor::from_integers(Shape{}, {turn});
        std::vector<const Tensor*> given = inputs;
        given[0] = &number;
        given[1] = has_condition ? inputs[1] : &always;
        VKSEG_ASSIGN(Tensors next, evaluate(*op.body, given));
        state = std::move(next);
        if (has_condition)
            inputs[1] = &state[0];
        for (size_t i = 0; i < op.carried; ++i)
            inputs[2 + i] = &state[1 + i];
        for (size_t i = 0; i < results_per_turn; ++i)
            results[i].push_back(state[1 + op.carried + i]);
    }
    Tensors outputs;
    for (size_t i = 0; i < op.carried; ++i)
        outputs.push_back(*inputs[2 + i]);
    for (const Tensors& rows : results)
    {
        if (rows.empty())
            return Status(StatusCode::unsupported, "the shape of the results of a loop without turns is not known");
        VKSEG_ASSIGN(Tensor whole, joined(rows));
        outputs.push_back(std::move(whole));
    }
    return outputs;
}

} // namespace vkseg::reference
