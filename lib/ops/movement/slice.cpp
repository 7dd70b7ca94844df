#include "ops/movement/copy.hpp"
#include "ops/movement/slice_ranges.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// https://onnx.ai/onnx/operators/onnx__Slice.html: negative indices count from the end, and indices past a border are
/// clamped.
SliceRange clamped(int64_t start, int64_t end, int64_t step, int64_t extent)
{
    if (extent == 0)
        return {.begin = 0, .step = 1, .count = 0};
    // A longer step would take one value, too, and could overflow.
    step = std::clamp(step, -extent, extent);
    if (start < 0)
        start += extent;
    if (end < 0)
        end += extent;
    if (step > 0)
    {
        start = std::clamp<int64_t>(start, 0, extent);
        end = std::clamp<int64_t>(end, 0, extent);
        return {.begin = start, .step = step, .count = std::max<int64_t>(0, (end - start + step - 1) / step)};
    }
    start = std::clamp<int64_t>(start, 0, extent - 1);
    end = std::clamp<int64_t>(end, -1, extent - 1);
    return {.begin = start, .step = step, .count = std::max<int64_t>(0, (start - end - step - 1) / -step)};
}

} // namespace

Signature signature(const Slice&)
{
    return {.name = "Slice", .max_inputs = 5};
}

Status resolve(Slice& op, Inputs inputs)
{
    VKSEG_TRY(read_parameter(inputs, 1, "starts", op.starts));
    VKSEG_TRY(read_parameter(inputs, 2, "ends", op.ends));
    VKSEG_TRY(read_parameter(inputs, 3, "axes", op.axes));
    return read_parameter(inputs, 4, "steps", op.steps);
}

Result<std::vector<SliceRange>> slice_ranges(const Slice& op, const Shape& x)
{
    Integers named = op.axes;
    for (size_t axis = 0; axis < op.starts.size() && op.axes.empty(); ++axis)
        named.push_back(int64_t(axis));
    if (op.ends.size() != op.starts.size() || named.size() != op.starts.size() ||
        (!op.steps.empty() && op.steps.size() != op.starts.size()))
        return Status(StatusCode::invalid_model,
                      "starts, ends, axes and steps must be of one length, got " + std::to_string(op.starts.size()) +
                          ", " + std::to_string(op.ends.size()) + ", " + std::to_string(named.size()) + " and " +
                          std::to_string(op.steps.size()));
    VKSEG_ASSIGN(const std::vector<size_t> axes, resolve_axes(named, x.rank()));
    std::vector<SliceRange> ranges;
    for (const int64_t extent : x)
        ranges.push_back({.begin = 0, .step = 1, .count = extent});
    for (size_t i = 0; i < axes.size(); ++i)
    {
        const int64_t step = op.steps.empty() ? 1 : op.steps[i];
        if (step == 0)
            return Status(StatusCode::invalid_model, "steps must not be 0");
        ranges[axes[i]] = clamped(op.starts[i], op.ends[i], step, x[axes[i]]);
    }
    return ranges;
}

Result<Outputs> infer(const Slice& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    VKSEG_ASSIGN(const std::vector<SliceRange> ranges, slice_ranges(op, inputs[0].shape));
    Shape shape;
    for (const SliceRange& range : ranges)
        shape.append(range.count);
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Slice&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Slice& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const std::vector<SliceRange> ranges, slice_ranges(op, request.inputs[0].shape));
    Move move = {.region = request.outputs[0].shape, .axes = {}};
    for (size_t axis = 0; axis < ranges.size(); ++axis)
    {
        move.axes.push_back({.extent = ranges[axis].count, .source_axis = axis, .source_step = ranges[axis].step});
        move.source_begin[axis] = ranges[axis].begin;
    }
    return plan_copy(move, request);
}

} // namespace vkseg
