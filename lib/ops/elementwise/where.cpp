#include "base/try.hpp"
#include "ops/elementwise/elementwise.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {

Signature signature(const Where&)
{
    return {.name = "Where", .min_inputs = 3, .max_inputs = 3, .data_inputs = 3};
}

Result<Outputs> infer(const Where&, Inputs inputs)
{
    if (inputs.size() != 3 || !inputs[0].is_present || !inputs[1].is_present || !inputs[2].is_present)
        return Status(StatusCode::invalid_model,
                      "a condition and two operands are needed, got " + std::to_string(inputs.size()) + " inputs");
    if (inputs[0].type != DType::boolean)
        return Status(StatusCode::invalid_model,
                      std::string("the condition must be bool, got ") + name(inputs[0].type));
    VKSEG_ASSIGN(const DType type, common_type(inputs[1].type, inputs[2].type));
    VKSEG_ASSIGN(const Shape operands, broadcast(inputs[1].shape, inputs[2].shape));
    VKSEG_ASSIGN(const Shape shape, broadcast(inputs[0].shape, operands));
    return single_output(type, shape);
}

LayoutRule layout_rule(const Where&, Inputs inputs)
{
    return is_blocked_broadcast(inputs) ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const Where&, const PlanRequest& request)
{
    return plan_elementwise(
        {.in_step = Shader::where, .strided = Shader::where_strided, .variant = request.inputs[1].storage}, request, 3);
}

} // namespace vkseg
