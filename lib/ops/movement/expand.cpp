#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"

#include <algorithm>

namespace vkseg {

Signature signature(const Expand&)
{
    return {.name = "Expand", .max_inputs = 2};
}

Status resolve(Expand& op, Inputs inputs)
{
    return read_parameter(inputs, 1, "shape", op.shape);
}

Result<Outputs> infer(const Expand& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    if (op.shape.size() > Shape::max_rank)
        return Status(StatusCode::unsupported, "shape must have at most " + std::to_string(Shape::max_rank) +
                                                   " axes, got " + std::to_string(op.shape.size()));
    const size_t rank = std::max(x.rank(), op.shape.size());
    Shape shape;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const int64_t extent = axis < rank - x.rank() ? 1 : x[axis - (rank - x.rank())];
        const int64_t wanted = axis < rank - op.shape.size() ? 1 : op.shape[axis - (rank - op.shape.size())];
        if (wanted < 0 || (extent != wanted && extent != 1 && wanted != 1))
            return Status(StatusCode::invalid_model, "input " + to_string(x) + " cannot be broadcast to an extent of " +
                                                         std::to_string(wanted) + " along axis " +
                                                         std::to_string(axis));
        shape.append(extent == 1 ? wanted : extent);
    }
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Expand&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Expand&, const PlanRequest& request)
{
    const Shape& x = request.inputs[0].shape;
    const Shape& shape = request.outputs[0].shape;
    const size_t added = shape.rank() - x.rank();
    Move move = {.region = shape, .axes = {}};
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        const bool repeats = axis < added || x[axis - added] == 1;
        move.axes.push_back(
            {.extent = shape[axis], .source_axis = axis < added ? 0 : axis - added, .source_step = repeats ? 0 : 1});
    }
    return plan_copy(move, request);
}

} // namespace vkseg
