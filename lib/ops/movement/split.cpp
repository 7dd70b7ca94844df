#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"

namespace vkseg {
namespace {

Result<Integers> parts(const Split& op, int64_t extent)
{
    if (!op.split.empty())
    {
        int64_t sum = 0;
        for (const int64_t part : op.split)
        {
            if (part < 0 || part > extent - sum)
                return Status(StatusCode::invalid_model,
                              "the parts must be 0 or more and add up to " + std::to_string(extent) +
                                  ", got a part of " + std::to_string(part) + " after a sum of " + std::to_string(sum));
            sum += part;
        }
        if (sum != extent || (op.parts != 0 && op.parts != int64_t(op.split.size())))
            return Status(StatusCode::invalid_model,
                          "expected one part for each output, with the sum " + std::to_string(extent) + ", got " +
                              std::to_string(op.split.size()) + " parts with the sum " + std::to_string(sum));
        return op.split;
    }
    constexpr int64_t max_parts = 65536;
    if (op.parts < 1 || op.parts > max_parts)
        return Status(StatusCode::invalid_model,
                      "a split needs 1 to " + std::to_string(max_parts) + " outputs, got " + std::to_string(op.parts));
    const int64_t part = div_ceil(extent, op.parts);
    const int64_t last = extent - part * (op.parts - 1);
    if (last < 0)
        return Status(StatusCode::invalid_model, "an extent of " + std::to_string(extent) + " cannot be split into " +
                                                     std::to_string(op.parts) + " parts of " + std::to_string(part));
    Integers equal(size_t(op.parts), part);
    equal.back() = last;
    return equal;
}

} // namespace

Signature signature(const Split&)
{
    return {.name = "Split", .max_inputs = 2, .max_outputs = unlimited};
}

Status resolve(Split& op, Inputs inputs)
{
    return read_parameter(inputs, 1, "split", op.split);
}

Result<Outputs> infer(const Split& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, x.rank()));
    VKSEG_ASSIGN(const Integers extents, parts(op, x[axis]));
    Outputs outputs;
    for (const int64_t extent : extents)
    {
        Shape shape = x;
        shape[axis] = extent;
        VKSEG_TRY(check_extents(shape));
        outputs.push_back({.type = inputs[0].type, .shape = shape});
    }
    return outputs;
}

LayoutRule layout_rule(const Split&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Split& op, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, source.shape.rank()));
    VKSEG_ASSIGN(const Integers extents, parts(op, source.shape[axis]));
    Plan plan;
    int64_t begin = 0;
    for (uint32_t i = 0; i < request.outputs.size(); ++i)
    {
        const Operand& destination = request.outputs[i];
        if (destination.is_present)
        {
            VKSEG_TRY(check_binding("output " + std::to_string(i), destination, request.limits));
            Move move = {.region = destination.shape, .axes = {}};
            for (size_t a = 0; a < destination.shape.rank(); ++a)
                move.axes.push_back({.extent = destination.shape[a], .source_axis = a});
            move.source_begin[axis] = begin;
            plan.dispatches.push_back(
                copy(move, {.source = source, .destination = destination, .destination_binding = output(i)},
                     request.limits));
        }
        begin += extents[i];
    }
    return plan;
}

} // namespace vkseg
