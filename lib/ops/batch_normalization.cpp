#include "base/try.hpp"
#include "ops/normalization.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <cmath>

namespace vkseg {

Result<Outputs> infer(const BatchNormalization& op, Inputs inputs)
{
    VKSEG_TRY(check_channel_parameters(inputs, 4, 2));
    if (!(op.epsilon >= 0))
        return Status(StatusCode::invalid_model, "epsilon must not be negative, got " + std::to_string(op.epsilon));
    return single_output(inputs[0].type, inputs[0].shape, inputs.first(1));
}

LayoutRule layout_rule(const BatchNormalization&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const BatchNormalization&, const PlanRequest& request)
{
    Plan plan = {.weight_forms = {0}};
    VKSEG_TRY(append_normalization(plan, request, weights(), 0));
    return plan;
}

Packing pack(const BatchNormalization& op, Inputs inputs, uint32_t, Storage)
{
    const std::vector<float> scale = inputs[1].constant->to_floats();
    const std::vector<float> bias = inputs[2].constant->to_floats();
    const std::vector<float> mean = inputs[3].constant->to_floats();
    const std::vector<float> variance = inputs[4].constant->to_floats();
    std::vector<double> factors;
    for (size_t channel = 0; channel < scale.size(); ++channel)
        factors.push_back(scale[channel] / std::sqrt(double(variance[channel]) + double(op.epsilon)));
    const std::vector<double> lists[] = {{mean.begin(), mean.end()}, std::move(factors), {bias.begin(), bias.end()}};
    return pack_channels(lists);
}

} // namespace vkseg
