#include "normalization/lrn.h"
#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>

namespace vkseg {

Signature signature(const Lrn&)
{
    return {.name = "LRN"};
}

Result<Outputs> infer(const Lrn& op, Inputs inputs)
{
    VKSEG_TRY(check_spatial_input(inputs));
    const TensorInfo& x = inputs[0];
    if (op.size < 1)
        return Status(StatusCode::invalid_model, "size must be at least 1, got " + std::to_string(op.size));
    return single_output(x.type, x.shape);
}

LayoutRule layout_rule(const Lrn&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const Lrn& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("input", x, request.limits));
    VKSEG_TRY(check_binding("output", y, request.limits));
    if (uint32_t(y.batch()) > request.limits.max_workgroup_count[2])
        return Status(StatusCode::unsupported, "expected a batch of at most " +
                                                   std::to_string(request.limits.max_workgroup_count[2]) +
                                                   " on this device, got " + std::to_string(y.batch()));
    const int64_t channels = y.channels();
    Dispatch dispatch = {.shader = Shader::lrn, .variant = request.real};
    dispatch.push_constants = contract::Lrn{.x = x.view,
                                            .y = y.view,
                                            .rows = y.rows(),
                                            .width = y.width(),
                                            .channels = y.channels(),
                                            .below = int(std::min((op.size - 1) / 2, channels)),
                                            .above = int(std::min(op.size / 2, channels)),
                                            .alpha = op.alpha / float(op.size),
                                            .beta = op.beta,
                                            .bias = op.bias};
    dispatch.bindings = {output(), input(0)};
    set_linear_grid(dispatch, int64_t(y.blocks()) * y.rows() * y.width(), request.limits);
    dispatch.workgroup_count[2] = uint32_t(y.batch());
    dispatch.operations = double(y.elements4()) * double(std::min(op.size, channels) + 8) * 8;
    return Plan{.dispatches = {std::move(dispatch)}};
}

} // namespace vkseg
