#include "detection/anchors.h"

#include "base/text.hpp"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {

Signature signature(const Anchors&)
{
    return {.name = "Anchors", .is_f32 = true};
}

Result<Outputs> infer(const Anchors& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    if (x.rank() != 4)
        return Status(StatusCode::invalid_model, "x must have the axes N, C, H, W, got " + to_string(x));
    if (op.base.empty() || op.base.size() % 4 != 0)
        return Status(StatusCode::invalid_model, "base must have four corners for each of at least one anchor, got " +
                                                     counted(op.base.size(), "value"));
    if (!std::ranges::all_of(op.base, [](float corner) { return std::isfinite(corner); }) ||
        !std::isfinite(op.stride_y) || !std::isfinite(op.stride_x))
        return Status(StatusCode::invalid_model, "base and strides must be finite");
    return single_output(DType::f32, {x[2] * x[3] * int64_t(op.base.size() / 4), 4});
}

LayoutRule layout_rule(const Anchors&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Anchors& op, const PlanRequest& request)
{
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("output", y, request.limits));
    Plan plan;
    plan.weight_layouts = {{}};
    Dispatch dispatch = {.shader = Shader::anchors};
    // An anchor is one element of four values in both layouts.
    dispatch.push_constants = contract::Anchors{.offset = y.view.offset,
                                                .count = int(y.shape[0]),
                                                .anchors = int(op.base.size() / 4),
                                                .width = int(request.infos[0].shape[3]),
                                                .stride_y = op.stride_y,
                                                .stride_x = op.stride_x};
    dispatch.bindings = {output(), weights()};
    dispatch.operations = 16.0 * double(y.shape[0]);
    set_linear_grid(dispatch, y.shape[0], request.limits);
    plan.dispatches.push_back(std::move(dispatch));
    return plan;
}

Packing pack(const Anchors& op, Inputs, const WeightLayout&, Storage)
{
    return packing_of(op.base);
}

} // namespace vkseg
