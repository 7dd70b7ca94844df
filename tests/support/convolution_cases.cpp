#include "support/convolution_cases.hpp"

#include "ops/convolution.hpp"
#include "ops/operators.hpp"

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

void check_activations(const ConvCase& c, std::span<const Way> ways)
{
    std::vector<Tensor> with_residual = inputs_of(c);
    const std::vector<TensorInfo> infos = {{.shape = c.x}, {.shape = c.weights, .constant = &with_residual[1]}};
    const Result<Outputs> outputs = infer(c.op, infos);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    with_residual.push_back(random((*outputs)[0].shape, -3, 3, 4));
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
        Conv op = c.op;
        op.activation = activation;
        check_ways(op, inputs_of(c), ways, {.terms = terms_of(c)});
        op.has_residual = true;
        const bool is_fused = is_fused_by_convolutions(activation.kind);
        // An activation that is a launch of its own reads halves.
        const Check check = {.terms = terms_of(c), .half_error = is_fused ? 0.0 : 1.0};
        check_ways(op, with_residual, ways, check);
        op.adds_residual_last = true;
        if (is_fused)
            check_ways(op, with_residual, ways, check);
    }
}

} // namespace vkseg::test
