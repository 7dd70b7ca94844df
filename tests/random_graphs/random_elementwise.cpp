#include "random_graphs/random_nodes.hpp"

#include "ops/elementwise/elementwise.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::test {
namespace {

bool is_real(const KnownValue& x)
{
    return is_float(x.type);
}

bool is_number(const KnownValue& x)
{
    return x.type != DType::boolean;
}

/// A value that broadcasts against x: there already, or made for it.
const KnownValue& partner(GraphMaker& maker, ValueId x, bool must_be_exact = false)
{
    const KnownValue& first = maker.known(x);
    const KnownValue* other = maker.any(
        [&](const KnownValue& value)
        {
            return value.type == first.type && (!must_be_exact || value.is_exact()) &&
                   broadcast(value.shape(), first.shape()).is_ok();
        });
    if (other != nullptr && (other->id != x || maker.chance(4)) && !maker.chance(3))
        return *other;
    Integers extents(first.shape().begin(), first.shape().end());
    const bool is_of_channels = extents.size() >= 3 && maker.chance(3);
    for (size_t axis = 0; axis < extents.size(); ++axis)
    {
        if (is_of_channels ? axis != 1 : maker.chance(3))
            extents[axis] = 1;
    }
    while (!extents.empty() && maker.chance(5))
        extents.erase(extents.begin());
    return maker.fresh(first.type, Shape(extents));
}

struct Function
{
    const char* name;
    Unary op;
    double gain;             ///< bound of the slope
    double highest_input;    ///< beyond which results leave what halves hold, or errors grow
    bool is_bounded = false; ///< results lie within 2 of zero; else they are at most as large as x and 2
};

// Some of each kind of slope and bound: unary_test.cpp has all, and each is one more kernel that drivers compile.
constexpr Function functions[] = {
    {"sigmoid", {UnaryKind::sigmoid}, 0.25, 64, true},
    {"tanh", {UnaryKind::tanh}, 1, 64, true},
    {"softplus", {UnaryKind::softplus}, 1, 64},
    {"erf", {UnaryKind::erf}, 1.2, 64, true},
    {"gelu", {UnaryKind::gelu}, 1.2, 64},
    {"elu", {UnaryKind::elu, 1.0f}, 1, 64},
    {"hard_swish", {UnaryKind::hard_swish}, 1.5, 64},
};

/// Functions of multiples of a power of two that are such multiples again.
struct ExactFunction
{
    const char* name;
    Unary op;
    int grain;             ///< added
    bool is_step = false;  ///< not continuous: of exact values only
    bool is_whole = false; ///< results are integers
    double gain = 1;
};

constexpr ExactFunction exact_functions[] = {
    {"relu", {UnaryKind::relu}, 0},
    {"relu", {UnaryKind::relu}, 0},
    {"leaky_relu 0.25", {UnaryKind::leaky_relu, 0.25f}, -2},
    {"hard_sigmoid 0.25 0.5", {UnaryKind::hard_sigmoid, 0.25f, 0.5f}, -2},
    {"clip -2 3", {UnaryKind::clip, -2.0f, 3.0f}, 0},
    {"abs", {UnaryKind::abs}, 0},
    {"neg", {UnaryKind::neg}, 0},
    {"floor", {UnaryKind::floor}, 0, true, true},
    {"round", {UnaryKind::round}, 0, true, true},
    {"identity", {UnaryKind::identity}, 0},
};

bool add_function(GraphMaker& maker)
{
    const Function& function = functions[maker.number(0, std::size(functions) - 1)];
    const KnownValue* x =
        maker.any([&](const KnownValue& value) { return is_real(value) && value.magnitude <= function.highest_input; });
    if (x == nullptr)
        return false;
    const double largest = function.is_bounded ? 2 : std::max(2.0, 2 * x->magnitude);
    return maker.add(function.name, function.op, {x->id}, rounds(*x, function.gain, largest));
}

bool add_exact_function(GraphMaker& maker)
{
    const ExactFunction& function = exact_functions[maker.number(0, std::size(exact_functions) - 1)];
    const KnownValue* x =
        maker.any([&](const KnownValue& value) { return is_real(value) && (value.is_exact() || !function.is_step); });
    if (x == nullptr)
        return false;
    Effect effect = moves({x});
    if (function.grain != 0)
        effect.terms = std::max(1.0, x->magnitude);
    if (effect.grain)
        effect.grain = function.is_whole ? 0 : std::min(*effect.grain + function.grain, function.grain);
    return maker.add(function.name, function.op, {x->id}, effect);
}

Effect of_binary(BinaryKind kind, const KnownValue& a, const KnownValue& b)
{
    switch (kind)
    {
    case BinaryKind::mul:
        return sums_products(a, b, 1);
    case BinaryKind::prelu: {
        Effect effect = sums_products(a, b, 1);
        effect.error_f32 += a.error_f32;
        effect.error_f16 += a.error_f16;
        effect.terms += a.magnitude;
        if (effect.grain)
            effect.grain = std::min(*effect.grain, *a.grain);
        return effect;
    }
    case BinaryKind::min:
    case BinaryKind::max:
        return moves({&a, &b});
    default: {
        Effect effect = moves({&a, &b});
        effect.error_f32 = a.error_f32 + b.error_f32;
        effect.error_f16 = a.error_f16 + b.error_f16;
        effect.terms = a.magnitude + b.magnitude;
        return effect;
    }
    }
}

} // namespace

bool add_unary(GraphMaker& maker)
{
    return maker.chance(2) ? add_function(maker) : add_exact_function(maker);
}

bool add_binary(GraphMaker& maker)
{
    const KnownValue* x = maker.any(is_real);
    if (x == nullptr)
        return false;
    struct Named
    {
        const char* name;
        BinaryKind kind;
    };
    const Named named =
        maker.one_of({Named{"add", BinaryKind::add}, Named{"add", BinaryKind::add}, Named{"sub", BinaryKind::sub},
                      Named{"mul", BinaryKind::mul}, Named{"mul", BinaryKind::mul}, Named{"min", BinaryKind::min},
                      Named{"max", BinaryKind::max}, Named{"prelu", BinaryKind::prelu}});
    const ValueId first = x->id;
    const ValueId second = partner(maker, first).id;
    const bool is_swapped = maker.chance(3);
    const KnownValue& a = maker.known(is_swapped ? second : first);
    const KnownValue& b = maker.known(is_swapped ? first : second);
    return maker.add(named.name, Binary{.kind = named.kind}, {a.id, b.id}, of_binary(named.kind, a, b));
}

/// f(|x| + 1), which keeps away from where f is steep, or y / (|x| + 1).
bool add_quotient_or_root(GraphMaker& maker)
{
    const KnownValue* x = maker.any(is_real);
    if (x == nullptr)
        return false;
    const ValueId id = x->id;
    if (!maker.add("abs", Unary{.kind = UnaryKind::abs}, {id}, moves({x})))
        return false;
    const KnownValue absolute = maker.known(maker.last());
    const KnownValue one = maker.constant(Tensor::from({}, {1}));
    if (!maker.add("add 1", Binary{}, {absolute.id, one.id}, of_binary(BinaryKind::add, absolute, one)))
        return false;
    const KnownValue positive = maker.known(maker.last());
    switch (maker.number(0, 4))
    {
    case 0:
        return maker.add("log", Unary{.kind = UnaryKind::log}, {positive.id}, rounds(positive, 1, 10));
    case 1:
        return maker.add("sqrt", Unary{.kind = UnaryKind::sqrt}, {positive.id},
                         rounds(positive, 0.5, positive.magnitude));
    case 2:
        return maker.add("reciprocal", Unary{.kind = UnaryKind::reciprocal}, {positive.id}, rounds(positive, 1, 1));
    case 3: {
        const KnownValue two = maker.constant(Tensor::from({}, {2}));
        return maker.add(
            "pow", Binary{.kind = BinaryKind::pow}, {positive.id, two.id},
            rounds(positive, 2 * positive.magnitude + positive.error_f16, positive.magnitude * positive.magnitude));
    }
    default:
        break;
    }
    const KnownValue y = partner(maker, positive.id);
    Effect effect = rounds(y, 1, y.magnitude);
    effect.error_f32 += positive.error_f32 * (y.magnitude + y.error_f32);
    effect.error_f16 += positive.error_f16 * (y.magnitude + y.error_f16);
    return maker.add("div", Binary{.kind = BinaryKind::div}, {y.id, positive.id}, effect);
}

bool add_integer_arithmetic(GraphMaker& maker)
{
    const KnownValue* x = maker.any([](const KnownValue& value) { return is_integer(value.type); });
    if (x == nullptr)
        return false;
    const ValueId first = x->id;
    if (maker.chance(4))
    {
        const UnaryKind kind = maker.one_of({UnaryKind::abs, UnaryKind::neg, UnaryKind::relu});
        return maker.add("integer function " + std::to_string(int(kind)), Unary{.kind = kind}, {first}, moves({x}));
    }
    const BinaryKind kind = maker.one_of(
        {BinaryKind::add, BinaryKind::sub, BinaryKind::mul, BinaryKind::max, BinaryKind::div, BinaryKind::mod});
    const KnownValue* other = &partner(maker, first);
    if (kind == BinaryKind::div || kind == BinaryKind::mod)
        other = &maker.constant(maker.integers({}, maker.known(first).type, 2, 5));
    const KnownValue& a = maker.known(first);
    // The device's integers have 32 bits; narrower ones wrap as their type says.
    Effect effect = moves({&a});
    effect.terms = kind == BinaryKind::mul ? a.magnitude * other->magnitude : a.magnitude + other->magnitude;
    return maker.add("integer binary " + std::to_string(int(kind)), Binary{.kind = kind}, {first, other->id}, effect);
}

bool add_comparison(GraphMaker& maker)
{
    const KnownValue* x = maker.any([](const KnownValue& value) { return is_number(value) && value.is_exact(); });
    if (x == nullptr)
        return false;
    const ValueId first = x->id;
    const KnownValue& other = partner(maker, first, true);
    const BinaryKind kind = maker.one_of({BinaryKind::equal, BinaryKind::greater, BinaryKind::less_or_equal});
    return maker.add("comparison " + std::to_string(int(kind)), Binary{.kind = kind}, {first, other.id},
                     moves({&maker.known(first), &other}));
}

bool add_logic(GraphMaker& maker)
{
    const KnownValue* x = maker.any([](const KnownValue& value) { return value.type == DType::boolean; });
    if (x == nullptr)
        return false;
    if (maker.chance(3))
        return maker.add("not", Unary{.kind = UnaryKind::logical_not}, {x->id}, moves({x}));
    const ValueId first = x->id;
    const KnownValue& other = partner(maker, first);
    const BinaryKind kind =
        maker.one_of({BinaryKind::logical_and, BinaryKind::logical_or, BinaryKind::logical_xor, BinaryKind::equal});
    return maker.add("logic " + std::to_string(int(kind)), Binary{.kind = kind}, {first, other.id},
                     moves({&maker.known(first), &other}));
}

bool add_where(GraphMaker& maker)
{
    const KnownValue* condition = maker.any([](const KnownValue& value) { return value.type == DType::boolean; });
    if (condition == nullptr)
        return false;
    const ValueId chooser = condition->id;
    const KnownValue* x = maker.any(
        [&](const KnownValue& value)
        { return value.type != DType::boolean && broadcast(value.shape(), maker.known(chooser).shape()).is_ok(); });
    const ValueId first = x != nullptr ? x->id : maker.fresh(DType::f32, maker.known(chooser).shape()).id;
    const KnownValue& second = partner(maker, first);
    return maker.add("where", Where{}, {chooser, first, second.id}, moves({&maker.known(first), &second}));
}

bool add_cast(GraphMaker& maker)
{
    const KnownValue* x = maker.any([](const KnownValue& value) { return value.is_exact(); });
    if (x == nullptr)
        return false;
    const DType to = maker.one_of(
        {DType::f32, DType::f32, DType::f64, DType::i64, DType::i32, DType::u8, DType::i8, DType::boolean});
    const double most = to == DType::u8 || to == DType::i8 ? 127 : 0x1p30;
    const bool has_negatives = to == DType::u8; // of floats, a cast to u8 is only defined within its range
    if (is_real(*x) && !is_float(to) && (x->magnitude > most || has_negatives))
        return false;
    Effect effect = moves({x});
    if (!is_float(to))
        effect.grain = 0;
    else if (!is_real(*x))
        effect.terms = x->magnitude; // halves round integers
    return maker.add(std::string("cast to ") + vkseg::name(to), Cast{.to = to}, {x->id}, effect);
}

} // namespace vkseg::test
