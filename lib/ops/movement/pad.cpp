#include "ops/movement/pad_extents.hpp"
#include "ops/movement/place.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/half.hpp"
#include "base/try.hpp"

#include <bit>
#include <cmath>

namespace vkseg {
namespace {

/// Reflections and repeated edges use the values that remain after cropping.
Status check_border(PadMode mode, int64_t extent, int64_t begin, int64_t end)
{
    if (mode == PadMode::constant || (begin <= 0 && end <= 0))
        return {};
    const int64_t left = extent + std::min<int64_t>(begin, 0) + std::min<int64_t>(end, 0);
    const bool reflects_what_is_cropped = mode == PadMode::reflect && left != extent && std::max(begin, end) >= left;
    const bool wraps_what_is_cropped = mode == PadMode::wrap && left != extent;
    if (left >= 1 && !reflects_what_is_cropped && !wraps_what_is_cropped)
        return {};
    return Status(StatusCode::invalid_model, "an extent of " + std::to_string(extent) +
                                                 " has too few values to repeat for pads of " + std::to_string(begin) +
                                                 " and " + std::to_string(end));
}

uint32_t stored_bits(float value, Storage storage)
{
    if (storage == Storage::f16)
        return to_stored_half(value).bits;
    if (storage == Storage::f32)
        return std::bit_cast<uint32_t>(value);
    constexpr float limit = 2147483648.0f;
    const float whole = std::isnan(value) ? 0 : std::trunc(value);
    return uint32_t(whole >= limit ? INT32_MAX : whole < -limit ? INT32_MIN : int32_t(whole));
}

} // namespace

Signature signature(const Pad&)
{
    return {.name = "Pad", .max_inputs = 4};
}

Status resolve(Pad& op, Inputs inputs)
{
    VKSEG_TRY(read_parameter(inputs, 1, "pads", op.pads));
    VKSEG_TRY(read_parameter(inputs, 3, "axes", op.axes));
    if (!is_given(inputs, 2))
        return {};
    const Tensor* value = inputs[2].constant;
    if (value == nullptr)
        return Status(StatusCode::unsupported, "constant_value must be constant");
    if (value->elements() > 1)
        return Status(StatusCode::invalid_model,
                      "constant_value must be a single value, got a tensor of shape " + to_string(value->shape()));
    op.value = value->elements() == 0 ? 0 : value->to_floats()[0];
    if (value->elements() == 0 || is_float(value->type()))
        return {};
    const int64_t exact = value->to_integers()[0];
    constexpr int64_t largest_exact = int64_t(1) << 24;
    if (exact > largest_exact || exact < -largest_exact)
        return Status(StatusCode::unsupported,
                      "an integer constant_value must be from -2^24 to 2^24, got " + std::to_string(exact));
    return {};
}

Result<PadExtents> resolve_pads(const Pad& op, const Shape& x)
{
    Integers named = op.axes;
    for (size_t axis = 0; axis < x.rank() && op.axes.empty(); ++axis)
        named.push_back(int64_t(axis));
    if (op.pads.size() != named.size() * 2)
        return Status(StatusCode::invalid_model, "pads must hold a begin and an end for each of " +
                                                     std::to_string(named.size()) + " axes, got " +
                                                     std::to_string(op.pads.size()) + " values");
    VKSEG_ASSIGN(const std::vector<size_t> axes, resolve_axes(named, x.rank()));
    PadExtents pads;
    for (size_t i = 0; i < axes.size(); ++i)
    {
        const int64_t begin = op.pads[i];
        const int64_t end = op.pads[i + axes.size()];
        const int64_t extent = x[axes[i]];
        constexpr int64_t limit = INT32_MAX;
        if (begin < -limit || begin > limit || end < -limit || end > limit || extent + begin + end < 0 ||
            begin < -extent || end < -extent)
            return Status(StatusCode::invalid_model, "pads of " + std::to_string(begin) + " and " +
                                                         std::to_string(end) + " do not fit an extent of " +
                                                         std::to_string(extent));
        VKSEG_TRY(check_border(op.mode, extent, begin, end));
        pads.begins[axes[i]] = begin;
        pads.ends[axes[i]] = end;
    }
    return pads;
}

Result<Outputs> infer(const Pad& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    VKSEG_ASSIGN(const PadExtents pads, resolve_pads(op, x));
    Shape shape;
    for (size_t axis = 0; axis < x.rank(); ++axis)
        shape.append(x[axis] + pads.begins[axis] + pads.ends[axis]);
    return single_output(inputs[0].type, shape);
}

LayoutRule layout_rule(const Pad&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Pad& op, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    VKSEG_ASSIGN(const PadExtents pads, resolve_pads(op, source.shape));
    const int outside = op.mode == PadMode::reflect ? contract::outside_reflects
                        : op.mode == PadMode::edge  ? contract::outside_clamps
                        : op.mode == PadMode::wrap  ? contract::outside_wraps
                                                    : contract::outside_is_value;
    Plan plan;
    plan.dispatches.push_back(
        place({.begin = pads.begins, .outside = outside, .value = stored_bits(op.value, destination.storage)},
              {.source = source, .destination = destination}, request.limits));
    return plan;
}

} // namespace vkseg
