#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"

#include <algorithm>

namespace vkseg {
namespace {

Status too_many_axes(size_t count)
{
    return Status(StatusCode::unsupported,
                  "a tensor has at most " + std::to_string(Shape::max_rank) + " axes, got " + std::to_string(count));
}

std::string to_string(const Integers& values)
{
    std::string text;
    for (const int64_t value : values)
        text += (text.empty() ? "" : ", ") + std::to_string(value);
    return "[" + text + "]";
}

Result<Shape> reshaped(const Reshape& op, const Shape& x)
{
    if (op.shape.size() > Shape::max_rank)
        return too_many_axes(op.shape.size());
    const Status mismatch(StatusCode::invalid_model,
                          "input " + to_string(x) + " cannot be given the shape " + to_string(op.shape));
    Shape shape;
    int64_t known = 1;
    std::optional<size_t> derived;
    for (size_t axis = 0; axis < op.shape.size(); ++axis)
    {
        int64_t extent = op.shape[axis];
        if (extent == 0 && !op.allow_zero)
        {
            if (axis >= x.rank())
                return mismatch;
            extent = x[axis];
        }
        if (extent < -1 || (extent == -1 && derived))
            return mismatch;
        if (extent == -1)
            derived = axis;
        else if (multiply_overflows(known, extent, known))
            return mismatch;
        shape.append(extent);
    }
    const int64_t elements = x.elements();
    if (derived)
    {
        if (known == 0 || elements % known != 0)
            return mismatch;
        shape[*derived] = elements / known;
    }
    else if (known != elements)
        return mismatch;
    return shape;
}

Result<Shape> flattened(const Reshape& op, const Shape& x)
{
    int64_t axis = op.axes.empty() ? 1 : op.axes[0];
    if (op.axes.size() > 1 || axis < -int64_t(x.rank()) || axis > int64_t(x.rank()))
        return Status(StatusCode::invalid_model, "axis must lie between " + std::to_string(-int64_t(x.rank())) +
                                                     " and " + std::to_string(x.rank()) + ", got " +
                                                     to_string(op.axes));
    if (axis < 0)
        axis += int64_t(x.rank());
    Shape shape = {1, 1};
    for (size_t i = 0; i < x.rank(); ++i)
        shape[int64_t(i) < axis ? 0 : 1] *= x[i];
    return shape;
}

Result<Shape> squeezed(const Reshape& op, const Shape& x)
{
    VKSEG_ASSIGN(const std::vector<size_t> axes, resolve_axes(op.axes, x.rank()));
    Shape shape;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        const bool is_named = std::find(axes.begin(), axes.end(), axis) != axes.end();
        if (is_named && x[axis] != 1)
            return Status(StatusCode::invalid_model,
                          "axis " + std::to_string(axis) + " must have extent 1 to be squeezed, got " + to_string(x));
        if (!is_named && !(axes.empty() && x[axis] == 1))
            shape.append(x[axis]);
    }
    return shape;
}

Result<Shape> unsqueezed(const Reshape& op, const Shape& x)
{
    const size_t rank = x.rank() + op.axes.size();
    if (rank > Shape::max_rank)
        return too_many_axes(rank);
    VKSEG_ASSIGN(const std::vector<size_t> axes, resolve_axes(op.axes, rank));
    Shape shape;
    size_t next = 0;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const bool is_new = std::find(axes.begin(), axes.end(), axis) != axes.end();
        shape.append(is_new ? 1 : x[next++]);
    }
    return shape;
}

const char* name_of(ReshapeKind kind)
{
    switch (kind)
    {
    case ReshapeKind::reshape:
        return "Reshape";
    case ReshapeKind::flatten:
        return "Flatten";
    case ReshapeKind::squeeze:
        return "Squeeze";
    case ReshapeKind::unsqueeze:
        return "Unsqueeze";
    }
    return "?";
}

} // namespace

Signature signature(const Reshape& op)
{
    return {.name = name_of(op.kind), .max_inputs = 2};
}

Status resolve(Reshape& op, Inputs inputs)
{
    switch (op.kind)
    {
    case ReshapeKind::reshape:
        return read_parameter(inputs, 1, "shape", op.shape);
    case ReshapeKind::squeeze:
    case ReshapeKind::unsqueeze:
        return read_parameter(inputs, 1, "axes", op.axes);
    case ReshapeKind::flatten:
        break;
    }
    return {};
}

Result<Outputs> infer(const Reshape& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    VKSEG_TRY(check_extents(x));
    const auto shape = [&]() -> Result<Shape>
    {
        switch (op.kind)
        {
        case ReshapeKind::reshape:
            return reshaped(op, x);
        case ReshapeKind::flatten:
            return flattened(op, x);
        case ReshapeKind::squeeze:
            return squeezed(op, x);
        case ReshapeKind::unsqueeze:
            break;
        }
        return unsqueezed(op, x);
    };
    VKSEG_ASSIGN(const Shape result, shape());
    return single_output(inputs[0].type, result);
}

LayoutRule layout_rule(const Reshape&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Reshape&, const PlanRequest& request)
{
    return plan_copy(reshape_move(request.inputs[0].shape, request.outputs[0].shape), request);
}

} // namespace vkseg
