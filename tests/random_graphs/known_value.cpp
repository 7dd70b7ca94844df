#include "random_graphs/known_value.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::test {
namespace {

constexpr double float_epsilon = 0x1p-23; // a whole unit in the last place: drivers may truncate
constexpr double half_epsilon = 0x1p-10;
constexpr double smallest_half = 0x1p-14; // with all of its bits; drivers may store less as zero
/// Multiples of the grain, on each side of zero, that a value may reach: far below the 2^11 of halves, as operators
/// that are fused or change places may have larger values in between.
constexpr double most_multiples = 512;
constexpr double most_multiples_in_sums = 0x1p22; // of floats
/// Units in the last place of a function or of the operands of a sum, beyond the rounding of each term.
constexpr double function_units = 64;
constexpr double largest_magnitude = 16384;
constexpr double largest_integer = 0x1p30;
/// How large an error may be beside the largest value: one in a wrong place differs by more.
constexpr double largest_share = 1.0 / 32;

double magnitude_of(const Tensor& tensor)
{
    double magnitude = 0;
    if (is_float(tensor.type()))
    {
        for (const float value : tensor.to_floats())
            magnitude = std::isfinite(value) ? std::max(magnitude, std::abs(double(value))) : INFINITY;
    }
    else
    {
        for (const int64_t value : tensor.to_integers())
            magnitude = std::max(magnitude, std::abs(double(value)));
    }
    return magnitude;
}

} // namespace

Effect moves(std::initializer_list<const KnownValue*> from)
{
    Effect effect = {.grain = 0};
    bool is_exact = true;
    int grain = 0;
    for (const KnownValue* value : from)
    {
        effect.error_f32 = std::max(effect.error_f32, value->error_f32);
        effect.error_f16 = std::max(effect.error_f16, value->error_f16);
        is_exact = is_exact && value->is_exact();
        grain = std::min(grain, value->grain.value_or(0));
    }
    effect.grain = is_exact ? std::optional(grain) : std::nullopt;
    return effect;
}

Effect rounds(const KnownValue& x, double gain, double largest_result)
{
    return {.error_f32 = x.error_f32 * gain,
            .error_f16 = x.error_f16 * gain,
            .grain = std::nullopt,
            .terms = std::max(largest_result, 0x1p-10)};
}

Effect sums_products(const KnownValue& x, const KnownValue& y, double count)
{
    const auto error = [&](double of_x, double of_y)
    { return count * (of_x * y.magnitude + of_y * x.magnitude + of_x * of_y); };
    Effect effect = {.error_f32 = error(x.error_f32, y.error_f32), .error_f16 = error(x.error_f16, y.error_f16)};
    if (x.is_exact() && y.is_exact())
        effect.grain = *x.grain + *y.grain;
    effect.terms = count * x.magnitude * y.magnitude;
    effect.count = count;
    return effect;
}

std::optional<KnownValue> known_value(const Tensor& tensor, DType type, const Effect& effect)
{
    KnownValue value = {.type = type, .tensor = tensor, .magnitude = magnitude_of(tensor)};
    value.terms = std::max(value.magnitude, effect.terms);
    if (!is_float(type))
        return value.terms <= largest_integer ? std::optional(value) : std::nullopt;
    if (!(value.magnitude <= largest_magnitude))
        return std::nullopt;
    value.grain = effect.grain;
    if (effect.grain)
    {
        const double grain = std::exp2(*effect.grain);
        if (grain >= smallest_half && value.magnitude <= most_multiples * grain &&
            value.terms <= most_multiples_in_sums * grain)
            return value;
        value.grain.reset();
    }
    value.error_f32 = effect.error_f32;
    value.error_f16 = effect.error_f16;
    if (effect.terms > 0)
    {
        const double rounding = float_epsilon * (function_units + effect.count) * value.terms;
        value.error_f32 += rounding;
        // The result is stored as halves, and so may be weights that another operator was folded into.
        value.error_f16 += rounding + half_epsilon * value.terms + smallest_half;
    }
    const double most = largest_share * value.magnitude;
    return value.error_f32 <= most && value.error_f16 <= most ? std::optional(value) : std::nullopt;
}

} // namespace vkseg::test
