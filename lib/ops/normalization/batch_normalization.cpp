#include "base/try.hpp"
#include "ops/normalization/normalization.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <array>
#include <cmath>

namespace vkseg {

Signature signature(const BatchNormalization&)
{
    return {.name = "BatchNormalization", .min_inputs = 5, .max_inputs = 5};
}

Result<Outputs> infer(const BatchNormalization& op, Inputs inputs)
{
    VKSEG_TRY(check_channel_parameters(inputs, 4, 2));
    if (!(op.epsilon >= 0))
        return Status(StatusCode::invalid_model, "epsilon must not be negative, got " + std::to_string(op.epsilon));
    return single_output(inputs[0].type, inputs[0].shape);
}

LayoutRule layout_rule(const BatchNormalization&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const BatchNormalization&, const PlanRequest& request)
{
    Plan plan = {.weight_layouts = {WeightLayout{}}};
    VKSEG_TRY(append_normalization(plan, request, weights(), 0));
    return plan;
}

Packing pack(const BatchNormalization& op, Inputs inputs, const WeightLayout&, Storage)
{
    const auto make_lists = [epsilon = double(op.epsilon),
                             parameters = std::array{inputs[1].constant, inputs[2].constant, inputs[3].constant,
                                                     inputs[4].constant}]() -> std::vector<std::vector<double>>
    {
        const std::vector<float> scale = parameters[0]->to_floats();
        const std::vector<float> bias = parameters[1]->to_floats();
        const std::vector<float> mean = parameters[2]->to_floats();
        const std::vector<float> variance = parameters[3]->to_floats();
        std::vector<double> factors;
        for (size_t channel = 0; channel < scale.size(); ++channel)
            factors.push_back(scale[channel] / std::sqrt(double(variance[channel]) + epsilon));
        return {{mean.begin(), mean.end()}, std::move(factors), {bias.begin(), bias.end()}};
    };
    return pack_channels(inputs[1].constant->elements(), 3, make_lists);
}

} // namespace vkseg
