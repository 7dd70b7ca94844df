#include "reference/evaluate.hpp"
#include "vkseg/graph.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const If& op, const Arguments& arguments)
{
    const bool condition = arguments.inputs[0]->to_integers()[0] != 0;
    const auto& branch = condition ? op.then_branch : op.else_branch;
    return evaluate(*branch, arguments.inputs.subspan(1));
}

} // namespace vkseg::reference
