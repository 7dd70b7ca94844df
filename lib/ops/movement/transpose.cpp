#include "ops/movement/copy.hpp"
#include "ops/movement/permutation.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"

namespace vkseg {

Signature signature(const Transpose&)
{
    return {.name = "Transpose"};
}

Result<std::vector<size_t>> resolve_permutation(const Transpose& op, size_t rank)
{
    if (op.permutation.empty())
    {
        std::vector<size_t> reversed;
        for (size_t axis = rank; axis-- > 0;)
            reversed.push_back(axis);
        return reversed;
    }
    if (op.permutation.size() != rank)
        return Status(StatusCode::invalid_model, "perm must name each of the " + std::to_string(rank) +
                                                     " axes of the input, got " +
                                                     std::to_string(op.permutation.size()));
    return resolve_axes(op.permutation, rank);
}

Result<Outputs> infer(const Transpose& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    VKSEG_ASSIGN(const std::vector<size_t> permutation, resolve_permutation(op, x.rank()));
    Shape shape;
    for (const size_t axis : permutation)
        shape.append(x[axis]);
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Transpose&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Transpose& op, const PlanRequest& request)
{
    const Shape& shape = request.outputs[0].shape;
    VKSEG_ASSIGN(const std::vector<size_t> permutation, resolve_permutation(op, shape.rank()));
    Move move = {.region = shape, .axes = {}};
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        move.axes.push_back({.extent = shape[axis], .source_axis = permutation[axis]});
    return plan_copy(move, request);
}

} // namespace vkseg
