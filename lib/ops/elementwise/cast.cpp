#include "base/try.hpp"
#include "elementwise/elementwise.h"
#include "elementwise/unary_kind.h"
#include "ops/elementwise/elementwise.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {

Signature signature(const Cast&)
{
    return {.name = "Cast", .max_inputs = 2};
}

Status resolve(Cast& op, Inputs inputs)
{
    if (is_given(inputs, 1))
        op.to = inputs[1].type;
    return {};
}

Result<Outputs> infer(const Cast& op, Inputs inputs)
{
    if (inputs.empty() || !inputs[0].is_present)
        return Status(StatusCode::invalid_model, "the input is missing");
    return single_output(op.to, inputs[0].shape);
}

LayoutRule layout_rule(const Cast&, Inputs)
{
    return LayoutRule::same;
}

Result<Plan> plan(const Cast& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const bool to_real = is_float(op.to);
    if (x.storage != Storage::i32 && to_real)
        return plan_elementwise({.in_step = Shader::unary,
                                 .variant = x.storage,
                                 .specialization = {{contract::unary_kind_id, contract::unary_identity},
                                                    {contract::range_id, narrowing(op.to)}}},
                                request, 1);
    if (to_real)
        return plan_elementwise({.in_step = Shader::cast_real, .variant = request.outputs[0].storage}, request, 1);
    return plan_elementwise(
        {.in_step = Shader::cast, .variant = x.storage, .specialization = {{contract::range_id, narrowing(op.to)}}},
        request, 1);
}

} // namespace vkseg
