#include "ops/block_shares.hpp"
#include "ops/movement/place.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"

namespace vkseg {
namespace {

/// The part of the destination that one input covers along the axis, enlarged to whole elements, as a tensor of its
/// own; and the position of the input in it. If a view cannot address the part, it is the whole destination.
struct ConcatPart
{
    Operand operand;
    int64_t begin = 0;
};

ConcatPart part_of(const Operand& destination, size_t axis, int64_t begin, int64_t extent)
{
    ConcatPart part = {.operand = destination, .begin = begin};
    View& view = part.operand.view;
    Shape& shape = part.operand.shape;
    const size_t rank = shape.rank();
    if (destination.layout == Layout::linear)
    {
        int64_t outer = 1;
        int64_t inner = 1;
        for (size_t i = 0; i < rank; ++i)
            (i < axis ? outer : inner) *= i == axis ? 1 : shape[i];
        if (outer != 1 || begin * inner % 4 != 0 || (extent * inner % 4 != 0 && begin + extent != shape[axis]))
            return part;
        view.offset += int(begin * inner / 4);
        shape[axis] = extent;
        part.begin = 0;
        return part;
    }
    if (axis == 1)
    {
        view.offset += int(begin / 4) * view.block_pitch;
        part.begin = begin % 4;
        shape[1] = part.begin + extent;
        return part;
    }
    if (rank == 5 && axis == 3)
        return part;
    const int pitch = axis == 0                       ? view.batch_pitch
                      : axis == rank - 1              ? 1
                      : rank == 5 /* and axis is D */ ? view.row_pitch * destination.height()
                                                      : view.row_pitch;
    view.offset += int(begin) * pitch;
    shape[axis] = extent;
    part.begin = 0;
    return part;
}

Dispatch join(const MoveEnds& ends, size_t axis, int64_t begin, const Limits& limits)
{
    const Shape& extents = ends.source.shape;
    Move move = {.region = extents, .axes = {}};
    for (size_t i = 0; i < extents.rank(); ++i)
        move.axes.push_back({.extent = extents[i], .source_axis = i});
    move.destination_begin[axis] = begin;
    if (const std::optional<Dispatch> elements = copy_elements(move, ends, limits))
        return *elements;

    const ConcatPart part = part_of(ends.destination, axis, begin, extents[axis]);
    Placement placement = {.outside = contract::outside_is_kept};
    placement.begin[axis] = part.begin;
    return place(placement,
                 {.source = ends.source,
                  .source_binding = ends.source_binding,
                  .destination = part.operand,
                  .destination_binding = ends.destination_binding},
                 limits);
}

} // namespace

Signature signature(const Concat&)
{
    return {.name = "Concat", .max_inputs = unlimited, .data_inputs = unlimited};
}

Result<Outputs> infer(const Concat& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, std::max<size_t>(inputs.size(), 1)));
    Shape shape = inputs[0].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, shape.rank()));
    for (size_t i = 1; i < inputs.size(); ++i)
    {
        Shape other = inputs[i].shape;
        const int64_t extent = other.rank() == shape.rank() ? other[axis] : 0;
        if (other.rank() == shape.rank())
            other[axis] = shape[axis];
        if (other != shape || add_overflows(shape[axis], extent, shape[axis]))
            return Status(StatusCode::invalid_model, "all inputs must have the same extents except along axis " +
                                                         std::to_string(axis) + ", got " + to_string(inputs[0].shape) +
                                                         " and " + to_string(inputs[i].shape));
        if (is_float(inputs[i].type) != is_float(inputs[0].type))
            return Status(StatusCode::invalid_model, std::string("all inputs must have one type, got ") +
                                                         name(inputs[0].type) + " and " + name(inputs[i].type));
    }
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Concat&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Concat& op, const PlanRequest& request)
{
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("output", destination, request.limits));
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, destination.shape.rank()));
    VKSEG_TRY(check_launches(int64_t(request.inputs.size())));
    // In the order of the inputs: an element that two of them share is completed by the second, which keeps the lanes
    // of the first.
    Plan plan;
    int64_t begin = 0;
    for (uint32_t i = 0; i < request.inputs.size(); ++i)
    {
        const Operand& source = request.inputs[i];
        const int64_t extent = request.infos[i].shape[axis];
        if (source.is_present) // or it has been computed where it belongs
        {
            VKSEG_TRY(check_binding("input " + std::to_string(i), source, request.limits));
            const MoveEnds ends = {.source = source, .source_binding = input(i), .destination = destination};
            plan.dispatches.push_back(join(ends, axis, begin, request.limits));
        }
        begin += extent;
    }
    return plan;
}

} // namespace vkseg
