#include "base/try.hpp"
#include "elementwise/elementwise.h"
#include "elementwise/unary_kind.h"
#include "ops/convolution/convolution.hpp"
#include "ops/elementwise/elementwise.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <cmath>
#include <limits>

namespace vkseg {
namespace {

static_assert(contract::unary_identity == int(UnaryKind::identity));
static_assert(contract::unary_relu == int(UnaryKind::relu));
static_assert(contract::unary_leaky_relu == int(UnaryKind::leaky_relu));
static_assert(contract::unary_elu == int(UnaryKind::elu));
static_assert(contract::unary_selu == int(UnaryKind::selu));
static_assert(contract::unary_celu == int(UnaryKind::celu));
static_assert(contract::unary_sigmoid == int(UnaryKind::sigmoid));
static_assert(contract::unary_hard_sigmoid == int(UnaryKind::hard_sigmoid));
static_assert(contract::unary_hard_swish == int(UnaryKind::hard_swish));
static_assert(contract::unary_tanh == int(UnaryKind::tanh));
static_assert(contract::unary_softplus == int(UnaryKind::softplus));
static_assert(contract::unary_softsign == int(UnaryKind::softsign));
static_assert(contract::unary_thresholded_relu == int(UnaryKind::thresholded_relu));
static_assert(contract::unary_clip == int(UnaryKind::clip));
static_assert(contract::unary_exp == int(UnaryKind::exp));
static_assert(contract::unary_log == int(UnaryKind::log));
static_assert(contract::unary_sqrt == int(UnaryKind::sqrt));
static_assert(contract::unary_abs == int(UnaryKind::abs));
static_assert(contract::unary_neg == int(UnaryKind::neg));
static_assert(contract::unary_floor == int(UnaryKind::floor));
static_assert(contract::unary_ceil == int(UnaryKind::ceil));
static_assert(contract::unary_round == int(UnaryKind::round));
static_assert(contract::unary_reciprocal == int(UnaryKind::reciprocal));
static_assert(contract::unary_erf == int(UnaryKind::erf));
static_assert(contract::unary_mish == int(UnaryKind::mish));
static_assert(contract::unary_gelu == int(UnaryKind::gelu));
static_assert(contract::unary_gelu_tanh == int(UnaryKind::gelu_tanh));
static_assert(contract::unary_sign == int(UnaryKind::sign));
static_assert(contract::unary_sin == int(UnaryKind::sin));
static_assert(contract::unary_cos == int(UnaryKind::cos));
static_assert(contract::unary_logical_not == int(UnaryKind::logical_not));
static_assert(contract::unary_tan == int(UnaryKind::tan));
static_assert(contract::unary_asin == int(UnaryKind::asin));
static_assert(contract::unary_acos == int(UnaryKind::acos));
static_assert(contract::unary_atan == int(UnaryKind::atan));
static_assert(contract::unary_sinh == int(UnaryKind::sinh));
static_assert(contract::unary_cosh == int(UnaryKind::cosh));
static_assert(contract::unary_asinh == int(UnaryKind::asinh));
static_assert(contract::unary_acosh == int(UnaryKind::acosh));
static_assert(contract::unary_atanh == int(UnaryKind::atanh));

bool takes_integers(UnaryKind kind)
{
    switch (kind)
    {
    case UnaryKind::identity:
    case UnaryKind::relu:
    case UnaryKind::clip:
    case UnaryKind::abs:
    case UnaryKind::neg:
    case UnaryKind::sign:
        return true;
    default:
        return false;
    }
}

Status check_type(UnaryKind kind, DType type)
{
    const auto refusal = [&](const char* expected)
    { return Status(StatusCode::invalid_model, std::string("the input must be ") + expected + ", got " + name(type)); };
    if (kind == UnaryKind::identity)
        return {};
    if (kind == UnaryKind::logical_not)
        return type == DType::boolean ? Status() : refusal("bool");
    if (takes_integers(kind))
        return type != DType::boolean ? Status() : refusal("a float or an integer");
    return is_float(type) ? Status() : refusal("a float");
}

enum class Bound : uint8_t
{
    lower,
    upper
};

/// A bound of Clip, which must be exact in f32.
Result<float> bound_of(const TensorInfo& info, Bound role)
{
    if (!info.constant)
        return Status(StatusCode::unsupported, "the bounds must be constants");
    if (info.constant->elements() != 1)
        return Status(StatusCode::invalid_model,
                      "a bound must be a single value, got " + to_string(info.constant->shape()));
    const float bound = info.constant->to_floats()[0];
    if (is_float(info.type))
        return bound;
    const int64_t exact = info.constant->to_integers()[0];
    const bool is_lower = role == Bound::lower;
    if (is_lower ? exact > std::numeric_limits<int32_t>::max() : exact < std::numeric_limits<int32_t>::min())
        return Status(StatusCode::unsupported, "integers on the device have 32 bits, and no such integer is at " +
                                                   std::string(is_lower ? "least " : "most ") + std::to_string(exact));
    constexpr int64_t largest_exact = int64_t(1) << 24;
    const bool is_any = exact <= std::numeric_limits<int32_t>::min() || exact >= std::numeric_limits<int32_t>::max();
    if (!is_any && (exact > largest_exact || exact < -largest_exact))
        return Status(StatusCode::unsupported,
                      "integer bounds must be from -2^24 to 2^24, or at or beyond the limits of i32, got " +
                          std::to_string(exact));
    return bound;
}

// In the order of the enumerators.
constexpr const char* unary_names[] = {
    "Identity",
    "Relu",
    "LeakyRelu",
    "Elu",
    "Selu",
    "Celu",
    "Sigmoid",
    "HardSigmoid",
    "HardSwish",
    "Tanh",
    "Softplus",
    "Softsign",
    "ThresholdedRelu",
    "Clip",
    "Exp",
    "Log",
    "Sqrt",
    "Abs",
    "Neg",
    "Floor",
    "Ceil",
    "Round",
    "Reciprocal",
    "Erf",
    "Mish",
    "Gelu",
    "Gelu",
    "Sign",
    "Sin",
    "Cos",
    "Not",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Asinh",
    "Acosh",
    "Atanh",
};
static_assert(std::size(unary_names) == size_t(UnaryKind::atanh) + 1);

} // namespace

Signature signature(const Unary& op)
{
    return {.name = unary_names[size_t(op.kind)], .max_inputs = op.kind == UnaryKind::clip ? size_t(3) : size_t(1)};
}

Status resolve(Unary& op, Inputs inputs)
{
    if (op.kind != UnaryKind::clip)
        return {};
    if (inputs.size() >= 2)
    {
        op.a = std::numeric_limits<float>::lowest(); // as ONNX says
        op.b = std::numeric_limits<float>::max();
        if (inputs[1].is_present)
        {
            VKSEG_ASSIGN(op.a, bound_of(inputs[1], Bound::lower));
        }
        if (inputs.size() > 2 && inputs[2].is_present)
        {
            VKSEG_ASSIGN(op.b, bound_of(inputs[2], Bound::upper));
        }
    }
    if (std::isnan(op.a) || std::isnan(op.b))
        return Status(StatusCode::invalid_model, "a bound must be a number, got NaN");
    return {};
}

Result<Outputs> infer(const Unary& op, Inputs inputs)
{
    if (inputs.empty() || !inputs[0].is_present)
        return Status(StatusCode::invalid_model, "the input is missing");
    VKSEG_TRY(check_type(op.kind, inputs[0].type));
    if (op.kind == UnaryKind::celu && op.a == 0)
        return Status(StatusCode::invalid_model, "alpha must not be 0");
    return single_output(inputs[0].type, inputs[0].shape);
}

LayoutRule layout_rule(const Unary&, Inputs)
{
    return LayoutRule::same;
}

Result<Plan> plan(const Unary& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const bool is_transcendental = !takes_integers(op.kind);
    const bool is_fused = is_float(x.type) && is_fused_by_convolutions(op.kind) && op.kind != UnaryKind::identity;
    return plan_elementwise({.in_step = is_fused ? Shader::unary_fused : Shader::unary,
                             .variant = x.storage,
                             .specialization = {{contract::unary_kind_id, int(op.kind)},
                                                {contract::range_id, narrowing(request.outputs[0].type)}},
                             .alpha = op.a,
                             .beta = op.b,
                             .operations_per_value = is_transcendental ? 8.0 : 1.0,
                             .reads_texels = true},
                            request, 1);
}

} // namespace vkseg
