#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/try.hpp"

namespace vkseg {

Signature signature(const ConstantOfShape&)
{
    return {.name = "ConstantOfShape", .data_inputs = 0};
}

Result<Outputs> infer(const ConstantOfShape& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    Integers extents;
    VKSEG_TRY(read_parameter(inputs, 0, "shape", extents));
    if (extents.size() > Shape::max_rank)
        return Status(StatusCode::unsupported, "shape must have at most " + std::to_string(Shape::max_rank) +
                                                   " axes, got " + std::to_string(extents.size()));
    for (const int64_t extent : extents)
    {
        if (extent < 0)
            return Status(StatusCode::invalid_model, "extents must be 0 or more, got " + std::to_string(extent));
    }
    const bool has_value = !op.value.bytes().empty();
    if (has_value && op.value.elements() != 1)
        return Status(StatusCode::invalid_model,
                      "value must be a single value, got a tensor of shape " + to_string(op.value.shape()));
    return single_output(has_value ? op.value.type() : DType::f32, Shape(extents));
}

LayoutRule layout_rule(const ConstantOfShape&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const ConstantOfShape&, const PlanRequest&)
{
    return host_only("shape");
}

} // namespace vkseg
