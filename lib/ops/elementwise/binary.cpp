#include "elementwise/binary.h"
#include "elementwise/elementwise.h"

#include "base/try.hpp"
#include "ops/elementwise/elementwise.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

namespace vkseg {
namespace {

static_assert(contract::binary_add == int(BinaryKind::add));
static_assert(contract::binary_sub == int(BinaryKind::sub));
static_assert(contract::binary_mul == int(BinaryKind::mul));
static_assert(contract::binary_div == int(BinaryKind::div));
static_assert(contract::binary_min == int(BinaryKind::min));
static_assert(contract::binary_max == int(BinaryKind::max));
static_assert(contract::binary_pow == int(BinaryKind::pow));
static_assert(contract::binary_prelu == int(BinaryKind::prelu));
static_assert(contract::binary_mod == int(BinaryKind::mod));
static_assert(contract::binary_fmod == int(BinaryKind::fmod));
static_assert(contract::binary_bitwise_and == int(BinaryKind::bitwise_and));
static_assert(contract::binary_bitwise_or == int(BinaryKind::bitwise_or));
static_assert(contract::binary_bitwise_xor == int(BinaryKind::bitwise_xor));
static_assert(contract::binary_shift_left == int(BinaryKind::shift_left));
static_assert(contract::binary_shift_right == int(BinaryKind::shift_right));
static_assert(contract::binary_equal == int(BinaryKind::equal));
static_assert(contract::binary_greater == int(BinaryKind::greater));
static_assert(contract::binary_greater_or_equal == int(BinaryKind::greater_or_equal));
static_assert(contract::binary_less == int(BinaryKind::less));
static_assert(contract::binary_less_or_equal == int(BinaryKind::less_or_equal));
static_assert(contract::binary_logical_and == int(BinaryKind::logical_and));
static_assert(contract::binary_logical_or == int(BinaryKind::logical_or));
static_assert(contract::binary_logical_xor == int(BinaryKind::logical_xor));

bool is_comparison(BinaryKind kind)
{
    return kind >= BinaryKind::equal;
}

bool is_bitwise(BinaryKind kind)
{
    return kind >= BinaryKind::bitwise_and && kind <= BinaryKind::shift_right;
}

/// The only function whose operands may be a float and an integer; the result has the type of the first.
bool is_mixed_power(BinaryKind kind, DType base, DType exponent)
{
    return kind == BinaryKind::pow && base != DType::boolean && exponent != DType::boolean &&
           is_float(base) != is_float(exponent);
}

Result<DType> output_type(BinaryKind kind, DType a, DType b)
{
    if (is_mixed_power(kind, a, b))
        return a;
    VKSEG_ASSIGN(const DType type, common_type(a, b));
    const bool is_logical = kind >= BinaryKind::logical_and;
    if (is_logical && type != DType::boolean)
        return Status(StatusCode::invalid_model, std::string("operands must be bool, got ") + name(type));
    if (!is_comparison(kind) && type == DType::boolean)
        return Status(StatusCode::invalid_model, "operands must be floats or integers, got bool");
    if (is_bitwise(kind) && is_float(type))
        return Status(StatusCode::invalid_model, std::string("operands must be integers, got ") + name(type));
    return is_comparison(kind) ? DType::boolean : kind == BinaryKind::pow ? a : type;
}

ElementwiseKernel arithmetic(BinaryKind kind, Storage storage, DType result)
{
    return {.in_step = Shader::binary,
            .strided = Shader::binary_strided,
            .variant = storage,
            .specialization = {{contract::binary_kind_id, int(kind)}, {contract::range_id, narrowing(result)}},
            .operations_per_value = kind == BinaryKind::pow ? 16.0 : 1.0,
            .reads_texels = true};
}

/// Power of a float and an integer, computed in floats: the integers are converted into scratch memory, and the result
/// is converted back if the base is an integer.
Result<Plan> plan_mixed_power(const PlanRequest& request)
{
    Plan plan;
    const auto in_scratch = [&](const Operand& like)
    {
        Operand operand = like;
        operand.storage = request.real;
        operand.type = DType::f32;
        operand.view = packed_view(operand.shape, operand.layout);
        operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(operand.storage);
        plan.scratch_bytes.push_back(operand.buffer_bytes);
        return BoundOperand{.operand = operand, .binding = scratch(uint32_t(plan.scratch_bytes.size() - 1))};
    };
    std::array<BoundOperand, 3> operands = {BoundOperand{.operand = request.outputs[0], .binding = output()},
                                            BoundOperand{.operand = request.inputs[0], .binding = input(0)},
                                            BoundOperand{.operand = request.inputs[1], .binding = input(1)}};
    const BoundOperand result = operands[0];
    const bool is_integer_base = request.inputs[0].storage == Storage::i32;
    BoundOperand& integers = operands[is_integer_base ? 1 : 2];
    const BoundOperand converted = in_scratch(integers.operand);
    VKSEG_TRY(add_elementwise(plan, {.in_step = Shader::cast_real, .variant = request.real},
                              std::array{converted, integers}, request.limits));
    integers = converted;
    if (is_integer_base)
        operands[0] = in_scratch(result.operand);
    VKSEG_TRY(add_elementwise(plan, arithmetic(BinaryKind::pow, request.real, DType::f32), operands, request.limits));
    if (is_integer_base)
    {
        VKSEG_TRY(add_elementwise(plan,
                                  {.in_step = Shader::cast,
                                   .variant = request.real,
                                   .specialization = {{contract::range_id, narrowing(result.operand.type)}}},
                                  std::array{result, operands[0]}, request.limits));
    }
    return plan;
}

// In the order of the enumerators.
constexpr const char* binary_names[] = {
    "Add",  "Sub",         "Mul",       "Div",        "Min",      "Max",      "Pow",   "PRelu",   "Mod",
    "Mod",  "BitwiseAnd",  "BitwiseOr", "BitwiseXor", "BitShift", "BitShift", "Equal", "Greater", "GreaterOrEqual",
    "Less", "LessOrEqual", "And",       "Or",         "Xor",
};
static_assert(std::size(binary_names) == size_t(BinaryKind::logical_xor) + 1);

} // namespace

Signature signature(const Binary& op)
{
    return {.name = binary_names[size_t(op.kind)], .min_inputs = 2, .max_inputs = 2, .data_inputs = 2};
}

Result<Outputs> infer(const Binary& op, Inputs inputs)
{
    if (inputs.size() != 2 || !inputs[0].is_present || !inputs[1].is_present)
        return Status(StatusCode::invalid_model, "two operands are needed, got " + std::to_string(inputs.size()));
    VKSEG_ASSIGN(const DType type, output_type(op.kind, inputs[0].type, inputs[1].type));
    VKSEG_ASSIGN(const Shape shape, broadcast(inputs[0].shape, inputs[1].shape));
    return single_output(type, shape);
}

LayoutRule layout_rule(const Binary&, Inputs inputs)
{
    return is_blocked_broadcast(inputs) ? LayoutRule::same : LayoutRule::linear;
}

Result<Plan> plan(const Binary& op, const PlanRequest& request)
{
    const Storage storage = request.inputs[0].storage;
    if (storage != request.inputs[1].storage)
        return plan_mixed_power(request);
    if (is_comparison(op.kind))
        return plan_elementwise({.in_step = Shader::compare,
                                 .strided = Shader::compare_strided,
                                 .variant = storage,
                                 .specialization = {{contract::binary_kind_id, int(op.kind)}}},
                                request, 2);
    return plan_elementwise(arithmetic(op.kind, storage, request.outputs[0].type), request, 2);
}

} // namespace vkseg
