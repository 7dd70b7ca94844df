#include "ops/movement/place.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"

namespace vkseg {

Signature signature(const Tile&)
{
    return {.name = "Tile", .max_inputs = 2};
}

Status resolve(Tile& op, Inputs inputs)
{
    return read_parameter(inputs, 1, "repeats", op.repeats);
}

Result<Outputs> infer(const Tile& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    if (op.repeats.size() != x.rank())
        return Status(StatusCode::invalid_model, "repeats must be one for each of the " + std::to_string(x.rank()) +
                                                     " axes, got " + std::to_string(op.repeats.size()));
    Shape shape;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        int64_t extent = 0;
        if (op.repeats[axis] < 0 || multiply_overflows(x[axis], op.repeats[axis], extent))
            return Status(StatusCode::invalid_model, "repeats must be 0 or more and fit an input " + to_string(x) +
                                                         ", got " + std::to_string(op.repeats[axis]));
        shape.append(extent);
    }
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Tile&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Tile&, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    Plan plan;
    plan.dispatches.push_back(
        place({.outside = contract::outside_wraps}, {.source = source, .destination = destination}, request.limits));
    return plan;
}

} // namespace vkseg
