#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {

Signature signature(const If& op)
{
    return {.name = "If",
            .min_inputs = 1,
            .max_inputs = unlimited,
            .max_outputs = unlimited,
            .data_inputs = 0,
            .trailing_data_inputs = op.then_branch ? op.then_branch->inputs.size() : 0};
}

/// Nodes with subgraphs are replaced by nodes of these (lib/runtime/control_flow.hpp); those that reach this place
/// cannot be.
Result<Outputs> infer(const If&, Inputs)
{
    return host_only("the condition");
}

LayoutRule layout_rule(const If&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const If&, const PlanRequest&)
{
    return host_only("the condition");
}

} // namespace vkseg
