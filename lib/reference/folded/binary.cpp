#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

double apply(BinaryKind kind, double a, double b)
{
    switch (kind)
    {
    case BinaryKind::add:
        return a + b;
    case BinaryKind::sub:
        return a - b;
    case BinaryKind::mul:
        return a * b;
    case BinaryKind::div:
        return a / b;
    case BinaryKind::min:
        return std::isnan(a) || b > a ? a : b;
    case BinaryKind::max:
        return std::isnan(a) || b < a ? a : b;
    case BinaryKind::pow:
        return std::pow(a, b);
    case BinaryKind::prelu:
        return a < 0 ? a * b : a;
    case BinaryKind::mod: {
        const double rest = std::fmod(a, b);
        return rest * b < 0 ? rest + b : rest;
    }
    case BinaryKind::fmod:
        return std::fmod(a, b);
    case BinaryKind::bitwise_and: // not of floats
    case BinaryKind::bitwise_or:
    case BinaryKind::bitwise_xor:
    case BinaryKind::shift_left:
    case BinaryKind::shift_right:
        break;
    case BinaryKind::equal:
        return a == b;
    case BinaryKind::greater:
        return a > b;
    case BinaryKind::greater_or_equal:
        return a >= b;
    case BinaryKind::less:
        return a < b;
    case BinaryKind::less_or_equal:
        return a <= b;
    case BinaryKind::logical_and:
        return a != 0 && b != 0;
    case BinaryKind::logical_or:
        return a != 0 || b != 0;
    case BinaryKind::logical_xor:
        return (a != 0) != (b != 0);
    }
    return 0;
}

/// Divides, truncating towards zero. Division by 0 gives 0 and overflow wraps; neither stops the program.
int64_t divide(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? int64_t(0 - uint64_t(a)) : a / b;
}

int64_t remainder(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

int64_t multiply(int64_t a, int64_t b)
{
    return int64_t(uint64_t(a) * uint64_t(b));
}

int64_t power(int64_t base, int64_t exponent)
{
    if (exponent < 0)
        return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    int64_t product = 1;
    for (; exponent > 0; exponent >>= 1)
    {
        if (exponent & 1)
            product = multiply(product, base);
        base = multiply(base, base);
    }
    return product;
}

int64_t apply(BinaryKind kind, int64_t a, int64_t b)
{
    switch (kind)
    {
    case BinaryKind::add:
        return int64_t(uint64_t(a) + uint64_t(b));
    case BinaryKind::sub:
        return int64_t(uint64_t(a) - uint64_t(b));
    case BinaryKind::mul:
        return multiply(a, b);
    case BinaryKind::div:
        return divide(a, b);
    case BinaryKind::min:
        return std::min(a, b);
    case BinaryKind::max:
        return std::max(a, b);
    case BinaryKind::pow:
        return power(a, b);
    case BinaryKind::prelu:
        return a < 0 ? multiply(a, b) : a;
    case BinaryKind::mod: {
        const int64_t rest = remainder(a, b);
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
    case BinaryKind::fmod:
        return remainder(a, b);
    case BinaryKind::bitwise_and:
        return a & b;
    case BinaryKind::bitwise_or:
        return a | b;
    case BinaryKind::bitwise_xor:
        return a ^ b;
    case BinaryKind::shift_left:
        return b < 0 || b > 31 ? 0 : int64_t(uint64_t(a) << b);
    case BinaryKind::shift_right:
        return b < 0 || b > 31 ? 0 : a >> b;
    case BinaryKind::equal:
        return a == b;
    case BinaryKind::greater:
        return a > b;
    case BinaryKind::greater_or_equal:
        return a >= b;
    case BinaryKind::less:
        return a < b;
    case BinaryKind::less_or_equal:
        return a <= b;
    case BinaryKind::logical_and:
        return a != 0 && b != 0;
    case BinaryKind::logical_or:
        return a != 0 || b != 0;
    case BinaryKind::logical_xor:
        return (a != 0) != (b != 0);
    }
    return 0;
}

template <class T, class Value>
std::vector<Value> combine(BinaryKind kind, const Arguments& arguments, const std::vector<Value>& a,
                           const std::vector<Value>& b)
{
    const Shape& shape = arguments.outputs[0].shape;
    BroadcastWalk at_a(arguments.inputs[0]->shape(), shape);
    BroadcastWalk at_b(arguments.inputs[1]->shape(), shape);
    std::vector<Value> values(size_t(shape.elements()));
    for (Value& value : values)
    {
        value = Value(apply(kind, T(a[at_a.index()]), T(b[at_b.index()])));
        at_a.advance();
        at_b.advance();
    }
    return values;
}

/// Converts floats for an integer or boolean output.
std::vector<int64_t> truncated(const Shape& shape, std::vector<float> values)
{
    return Tensor::from(shape, std::move(values)).to_integers();
}

} // namespace

Result<Tensors> evaluate(const Binary& op, const Arguments& arguments)
{
    const Tensor& a = *arguments.inputs[0];
    const Tensor& b = *arguments.inputs[1];
    const DType type = arguments.outputs[0].type;
    const Shape& shape = arguments.outputs[0].shape;
    if (!is_float(a.type()) && !is_float(b.type()))
        return Tensors{
            integers_of(type, shape, combine<int64_t>(op.kind, arguments, a.to_integers(), b.to_integers()))};
    std::vector<float> values = combine<double>(op.kind, arguments, a.to_floats(), b.to_floats());
    if (is_float(type))
        return Tensors{Tensor::from(shape, std::move(values))};
    return Tensors{integers_of(type, shape, truncated(shape, std::move(values)))};
}

} // namespace vkseg::reference
