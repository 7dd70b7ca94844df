#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

double sigmoid(double x)
{
    return 1 / (1 + std::exp(-x));
}

double softplus(double x)
{
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

double apply(const Unary& op, double x)
{
    const double a = op.a;
    const double b = op.b;
    switch (op.kind)
    {
    case UnaryKind::identity:
        return x;
    case UnaryKind::relu:
        return std::max(x, 0.0);
    case UnaryKind::leaky_relu:
        return x < 0 ? a * x : x;
    case UnaryKind::elu:
        return x < 0 ? a * std::expm1(x) : x;
    case UnaryKind::selu:
        return b * (x < 0 ? a * std::expm1(x) : x);
    case UnaryKind::celu:
        return std::max(x, 0.0) + std::min(a * std::expm1(x / a), 0.0);
    case UnaryKind::sigmoid:
        return sigmoid(x);
    case UnaryKind::hard_sigmoid:
        return std::clamp(a * x + b, 0.0, 1.0);
    case UnaryKind::hard_swish:
        return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case UnaryKind::tanh:
        return std::tanh(x);
    case UnaryKind::softplus:
        return softplus(x);
    case UnaryKind::softsign:
        return x / (1 + std::abs(x));
    case UnaryKind::thresholded_relu:
        return x > a ? x : 0;
    case UnaryKind::clip:
        return std::min(std::max(x, a), b);
    case UnaryKind::exp:
        return std::exp(x);
    case UnaryKind::log:
        return std::log(x);
    case UnaryKind::sqrt:
        return std::sqrt(x);
    case UnaryKind::abs:
        return std::abs(x);
    case UnaryKind::neg:
        return -x;
    case UnaryKind::floor:
        return std::floor(x);
    case UnaryKind::ceil:
        return std::ceil(x);
    case UnaryKind::round:
        return std::nearbyint(x);
    case UnaryKind::reciprocal:
        return 1 / x;
    case UnaryKind::erf:
        return std::erf(x);
    case UnaryKind::mish:
        return x * std::tanh(softplus(x));
    case UnaryKind::gelu:
        return 0.5 * x * std::erfc(-x * std::sqrt(0.5));
    case UnaryKind::gelu_tanh: {
        const double pi = std::acos(-1.0);
        return 0.5 * x * (1 + std::tanh(std::sqrt(2 / pi) * (x + 0.044715 * x * x * x)));
    }
    case UnaryKind::sign:
        return double(x > 0) - double(x < 0);
    case UnaryKind::sin:
        return std::sin(x);
    case UnaryKind::cos:
        return std::cos(x);
    case UnaryKind::logical_not:
        return x == 0;
    case UnaryKind::tan:
        return std::tan(x);
    case UnaryKind::asin:
        return std::asin(x);
    case UnaryKind::acos:
        return std::acos(x);
    case UnaryKind::atan:
        return std::atan(x);
    case UnaryKind::sinh:
        return std::sinh(x);
    case UnaryKind::cosh:
        return std::cosh(x);
    case UnaryKind::asinh:
        return std::asinh(x);
    case UnaryKind::acosh:
        return std::acosh(x);
    case UnaryKind::atanh:
        return std::atanh(x);
    }
    return x;
}

/// Truncates a bound to an integer, clamped to the range of int64_t.
int64_t saturated(float bound)
{
    if (bound <= -9223372036854775808.0f)
        return std::numeric_limits<int64_t>::min();
    if (bound >= 9223372036854775808.0f)
        return std::numeric_limits<int64_t>::max();
    return int64_t(bound);
}

int64_t negated(int64_t x)
{
    return int64_t(0 - uint64_t(x)); // the negative of the smallest integer is itself
}

int64_t apply(const Unary& op, int64_t x)
{
    switch (op.kind)
    {
    case UnaryKind::relu:
        return std::max(x, int64_t(0));
    case UnaryKind::clip:
        return std::min(std::max(x, saturated(op.a)), saturated(op.b));
    case UnaryKind::abs:
        return x < 0 ? negated(x) : x;
    case UnaryKind::neg:
        return negated(x);
    case UnaryKind::sign:
        return int64_t(x > 0) - int64_t(x < 0);
    case UnaryKind::logical_not:
        return x == 0;
    default:
        assert(op.kind == UnaryKind::identity); // infer refuses the rest
        return x;
    }
}

} // namespace

Result<Tensors> evaluate(const Unary& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const DType type = arguments.outputs[0].type;
    if (is_float(type))
    {
        std::vector<float> values = x.to_floats();
        for (float& value : values)
            value = std::isnan(value) ? value : float(apply(op, double(value)));
        return Tensors{Tensor::from(x.shape(), std::move(values))};
    }
    std::vector<int64_t> values = x.to_integers();
    for (int64_t& value : values)
        value = apply(op, value);
    return Tensors{integers_of(type, x.shape(), std::move(values))};
}

} // namespace vkseg::reference
