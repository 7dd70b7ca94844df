#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {

Signature signature(const Loop& op)
{
    return {.name = "Loop",
            .min_inputs = 0,
            .max_inputs = unlimited,
            .max_outputs = unlimited,
            .data_inputs = 0,
            .trailing_data_inputs = op.body && op.body->inputs.size() > 2 ? op.body->inputs.size() - 2 : 0};
}

/// Nodes with subgraphs are replaced by nodes of these (lib/runtime/control_flow.hpp); those that reach this place
/// cannot be.
Result<Outputs> infer(const Loop&, Inputs)
{
    return host_only("the number of turns");
}

LayoutRule layout_rule(const Loop&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const Loop&, const PlanRequest&)
{
    return host_only("the number of turns");
}

} // namespace vkseg
