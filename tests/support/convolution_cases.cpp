#include "support/convolution_cases.hpp"

#include "ops/convolution/convolution.hpp"
#include "ops/operators.hpp"
#include "support/devices.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::test {
namespace {

std::vector<Tensor> random_inputs(const Shape& x, const Shape& weights, int64_t outputs, double terms, bool has_bias)
{
    const float scale = float(1 / std::sqrt(terms));
    std::vector<Tensor> inputs = {random(x), random(weights, -scale, scale, 2)};
    if (has_bias)
        inputs.push_back(random({outputs}, -1, 1, 3));
    return inputs;
}

Shape output_shape(const ConvCase& c)
{
    const std::vector<Tensor> inputs = inputs_of(c);
    const std::vector<TensorInfo> infos = {{.shape = c.x}, {.shape = c.weights, .constant = &inputs[1]}};
    const Result<Outputs> outputs = infer(c.op, infos);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    return (*outputs)[0].shape;
}

} // namespace

double terms_of(const ConvCase& c)
{
    return double(c.weights.elements() / c.weights[0]);
}

double terms_of(const ConvTransposeCase& c)
{
    return double(c.weights.elements() / c.weights[1] / c.op.groups);
}

std::vector<Tensor> inputs_of(const ConvCase& c, bool has_bias)
{
    return random_inputs(c.x, c.weights, c.weights[0], terms_of(c), has_bias);
}

std::vector<Tensor> inputs_of(const ConvTransposeCase& c, bool has_bias)
{
    return random_inputs(c.x, c.weights, c.weights[1] * c.op.groups, terms_of(c), has_bias);
}

std::vector<Way> every_second(std::span<const Way> ways, size_t turn)
{
    if (runs_all())
        return {ways.begin(), ways.end()};
    std::vector<Way> chosen;
    for (size_t i = (turn + turn / 2) % 2; i < ways.size(); i += 2)
        chosen.push_back(ways[i]);
    return chosen;
}

void check_activations(const std::array<ConvCase, 2>& cases, std::span<const Way> ways)
{
    size_t turn = 0;
    const auto check_next = [&](const Activation& activation, bool has_residual, bool adds_residual_last)
    {
        const size_t round =
            turn / ways.size(); // shifts the ways, so that each meets both cases and all kinds of residuals
        const ConvCase& c = cases[round % cases.size()];
        Conv op = c.op;
        op.activation = activation;
        op.has_residual = has_residual;
        op.adds_residual_last = adds_residual_last;
        std::vector<Tensor> inputs = inputs_of(c);
        if (has_residual)
            inputs.push_back(random(output_shape(c), -3, 3, 4));
        // An activation that is a launch of its own reads halves.
        const bool is_rounded = has_residual && !is_fused_by_convolutions(activation.kind);
        check_ways(op, inputs, ways.subspan((turn + round) % ways.size(), 1),
                   {.terms = terms_of(c), .half_error = is_rounded ? 1.0 : 0.0});
        ++turn;
    };
    for (const Activation& activation : {
             Activation{UnaryKind::identity},
             Activation{UnaryKind::relu},
             Activation{UnaryKind::leaky_relu, 0.1f},
             Activation{UnaryKind::clip, -0.25f, 0.5f},
             Activation{UnaryKind::hard_swish},
             Activation{UnaryKind::hard_sigmoid, 0.2f, 0.5f},
             Activation{UnaryKind::mish},
         })
    {
        CAPTURE(int(activation.kind));
        check_next(activation, false, false);
        check_next(activation, true, false);
        if (is_fused_by_convolutions(activation.kind))
            check_next(activation, true, true);
    }
}

} // namespace vkseg::test
