#include "runtime/fit_integers.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"
#include "ops/reduction/reduction.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace vkseg {
namespace {

constexpr int64_t min_int32 = INT32_MIN;
constexpr int64_t max_int32 = INT32_MAX;

/// Values from `low` to `high`, with bounds saturated at 64 bits. After a min or max one bound may be unknown.
struct IntegerInterval
{
    int64_t low = 0;
    int64_t high = 0;
    bool is_low_known = true;
    bool is_high_known = true;

    bool is_closed() const { return is_low_known && is_high_known; }
    bool fits() const { return low >= min_int32 && high <= max_int32; }
};

/// Empty if nothing is known of the values.
using KnownInterval = std::optional<IntegerInterval>;

int64_t saturated_sum(int64_t a, int64_t b)
{
    int64_t sum = 0;
    return add_overflows(a, b, sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

int64_t saturated_product(int64_t a, int64_t b)
{
    int64_t product = 0;
    return multiply_overflows(a, b, product) ? ((a < 0) != (b < 0) ? INT64_MIN : INT64_MAX) : product;
}

int64_t negated(int64_t value)
{
    return value == INT64_MIN ? INT64_MAX : -value;
}

IntegerInterval united(const IntegerInterval& a, const IntegerInterval& b)
{
    return {std::min(a.low, b.low), std::max(a.high, b.high), a.is_low_known && b.is_low_known,
            a.is_high_known && b.is_high_known};
}

IntegerInterval product(const IntegerInterval& a, const IntegerInterval& b)
{
    const auto [low, high] = std::minmax({saturated_product(a.low, b.low), saturated_product(a.low, b.high),
                                          saturated_product(a.high, b.low), saturated_product(a.high, b.high)});
    return {low, high};
}

IntegerInterval magnitude(const IntegerInterval& a)
{
    const int64_t high = std::max(negated(a.low), a.high);
    return {a.low > 0 ? a.low : a.high < 0 ? negated(a.high) : 0, high};
}

/// Saturated power of a non-negative base and exponent.
int64_t saturated_power(int64_t base, int64_t exponent)
{
    int64_t power = 1;
    for (int64_t i = 0; i < exponent && power != INT64_MAX && !(i > 0 && power <= 1); ++i)
        power = saturated_product(power, base);
    return power;
}

/// Interval of products of up to `max_factors` values of `x`; has both signs if `x` has negative values.
IntegerInterval power_of(const IntegerInterval& x, int64_t max_factors)
{
    const int64_t high = std::max<int64_t>(saturated_power(magnitude(x).high, max_factors), 1);
    return {x.low < 0 ? negated(high) : 0, high};
}

/// Division by 0 gives 0 on the device.
IntegerInterval quotient(const IntegerInterval& a, const IntegerInterval& b)
{
    const int64_t largest = magnitude(a).high;
    if (b.low <= 0 && b.high >= 0)
        return {a.low < 0 || b.low < 0 ? negated(largest) : 0, a.high > 0 || b.low < 0 ? largest : 0};
    const auto divided = [](int64_t dividend, int64_t divisor)
    { return divisor == -1 ? negated(dividend) : dividend / divisor; };
    const auto [low, high] =
        std::minmax({divided(a.low, b.low), divided(a.low, b.high), divided(a.high, b.low), divided(a.high, b.high)});
    return {low, high};
}

/// Interval of remainders of any dividend: smaller in magnitude than the divisor, with the divisor's sign (mod) or
/// either sign (fmod).
IntegerInterval remainder(BinaryKind kind, const IntegerInterval& divisor)
{
    const int64_t most = std::max<int64_t>(magnitude(divisor).high - 1, 0);
    const bool is_mod = kind == BinaryKind::mod;
    return {is_mod && divisor.low >= 0 ? 0 : -most, is_mod && divisor.high <= 0 ? 0 : most};
}

/// The min or max of two intervals, each of which may be unknown.
KnownInterval extreme(BinaryKind kind, const KnownInterval& a, const KnownInterval& b)
{
    if (!a && !b)
        return std::nullopt;
    const IntegerInterval unknown = {
        .low = INT64_MIN, .high = INT64_MAX, .is_low_known = false, .is_high_known = false};
    const IntegerInterval x = a.value_or(unknown);
    const IntegerInterval y = b.value_or(unknown);
    if (kind == BinaryKind::min)
        return IntegerInterval{.low = std::min(x.low, y.low),
                               .high = std::min(x.high, y.high),
                               .is_low_known = x.is_low_known && y.is_low_known,
                               .is_high_known = x.is_high_known || y.is_high_known};
    return IntegerInterval{.low = std::max(x.low, y.low),
                           .high = std::max(x.high, y.high),
                           .is_low_known = x.is_low_known || y.is_low_known,
                           .is_high_known = x.is_high_known && y.is_high_known};
}

KnownInterval interval_of(const Unary& op, const IntegerInterval& x)
{
    switch (op.kind)
    {
    case UnaryKind::identity:
        return x;
    case UnaryKind::relu:
        return IntegerInterval{std::max<int64_t>(x.low, 0), std::max<int64_t>(x.high, 0)};
    case UnaryKind::abs:
        return magnitude(x);
    case UnaryKind::neg:
        return IntegerInterval{negated(x.high), negated(x.low)};
    case UnaryKind::sign:
        return IntegerInterval{-1, 1};
    default:
        return std::nullopt;
    }
}

/// Interval of a clip, whose bounds may be infinite.
KnownInterval clipped(const Unary& op, const KnownInterval& x)
{
    const auto bound = [](float value) -> KnownInterval
    {
        if (!(std::abs(value) < 0x1p62f))
            return std::nullopt;
        return IntegerInterval{int64_t(value), int64_t(value)};
    };
    const KnownInterval low = bound(op.a);
    const KnownInterval high = bound(op.b);
    const KnownInterval above = low ? extreme(BinaryKind::max, x, low) : x;
    return high ? extreme(BinaryKind::min, above, high) : above;
}

KnownInterval interval_of(const Binary& op, const IntegerInterval& a, const IntegerInterval& b)
{
    switch (op.kind)
    {
    case BinaryKind::add:
        return IntegerInterval{saturated_sum(a.low, b.low), saturated_sum(a.high, b.high)};
    case BinaryKind::sub:
        return IntegerInterval{saturated_sum(a.low, negated(b.high)), saturated_sum(a.high, negated(b.low))};
    case BinaryKind::mul:
        return product(a, b);
    case BinaryKind::div:
        return quotient(a, b);
    case BinaryKind::pow:
        return power_of(a, std::max<int64_t>(b.high, 1));
    default:
        return std::nullopt;
    }
}

KnownInterval interval_of(const Reduce& op, const IntegerInterval& x, int64_t terms)
{
    switch (op.kind)
    {
    case ReduceKind::max:
    case ReduceKind::min:
        return x;
    case ReduceKind::mean: // computed from the sum
    case ReduceKind::sum:
        return product(x, {terms, terms});
    case ReduceKind::l1:
        return product(magnitude(x), {terms, terms});
    case ReduceKind::sum_square:
        return product(product(magnitude(x), magnitude(x)), {terms, terms});
    case ReduceKind::prod:
        return power_of(x, terms);
    default:
        return std::nullopt;
    }
}

/// True for operators that only move values of their first input.
bool only_moves(const Op& op)
{
    return std::holds_alternative<Split>(op) || std::holds_alternative<Slice>(op) ||
           std::holds_alternative<Transpose>(op) || std::holds_alternative<Reshape>(op) ||
           std::holds_alternative<Expand>(op) || std::holds_alternative<Tile>(op) ||
           std::holds_alternative<Gather>(op) || std::holds_alternative<GatherElements>(op) ||
           std::holds_alternative<GatherNd>(op) || std::holds_alternative<DepthToSpace>(op) ||
           std::holds_alternative<SpaceToDepth>(op);
}

/// The reduction of an operator that scatters.
std::optional<ScatterReduction> reduction_of(const Op& op)
{
    if (const auto* elements = std::get_if<ScatterElements>(&op))
        return elements->reduction;
    const auto* slices = std::get_if<ScatterNd>(&op);
    return slices != nullptr ? std::optional(slices->reduction) : std::nullopt;
}

class Intervals
{
public:
    explicit Intervals(const Graph& graph) : graph_(graph), known_(graph.values.size())
    {
        for (size_t id = 0; id < known_.size(); ++id)
            known_[id] = interval_of_value(graph.values[id]);
    }

    /// Finds the intervals of a node's outputs from the known intervals of its inputs.
    void add(const Node& node)
    {
        for (size_t i = 0; i < node.outputs.size(); ++i)
        {
            const ValueId id = node.outputs[i];
            if (id == no_value || known_[id] || is_float(graph_.values[id].type))
                continue;
            known_[id] = interval_of_output(node, i);
            if (graph_.values[id].type == DType::i32 && known_[id] && known_[id]->is_closed() && !known_[id]->fits())
                known_[id] = IntegerInterval{min_int32, max_int32}; // values that do not fit wrap
        }
    }

    const KnownInterval& of(ValueId id) const { return known_[id]; }

private:
    static KnownInterval interval_of_value(const Value& value)
    {
        switch (value.type)
        {
        case DType::boolean:
            return IntegerInterval{0, 1};
        case DType::u8:
            return IntegerInterval{0, UINT8_MAX};
        case DType::i8:
            return IntegerInterval{INT8_MIN, INT8_MAX};
        default:
            break;
        }
        if (is_float(value.type) || !value.constant || value.constant->elements() == 0)
            return std::nullopt;
        const std::vector<int64_t> integers = value.constant->to_integers();
        const auto [low, high] = std::minmax_element(integers.begin(), integers.end());
        return IntegerInterval{*low, *high};
    }

    KnownInterval interval_of_input(const Node& node, size_t input) const
    {
        return input < node.inputs.size() && node.inputs[input] != no_value ? known_[node.inputs[input]] : std::nullopt;
    }

    /// Union of all inputs from `first` on, for operators whose results may come from any of them.
    KnownInterval union_of_inputs(const Node& node, size_t first) const
    {
        KnownInterval all = interval_of_input(node, first);
        for (size_t i = first + 1; i < node.inputs.size() && all; ++i)
        {
            const KnownInterval next = interval_of_input(node, i);
            all = next ? KnownInterval(united(*all, *next)) : std::nullopt;
        }
        return all;
    }

    KnownInterval interval_of_output(const Node& node, size_t output) const
    {
        const KnownInterval x = interval_of_input(node, 0);
        if (std::holds_alternative<ArgReduce>(node.op))
        {
            const auto& op = std::get<ArgReduce>(node.op);
            const Shape& shape = graph_.values[node.inputs[0]].shape;
            return IntegerInterval{0, shape[size_t(op.axis < 0 ? op.axis + int64_t(shape.rank()) : op.axis)] - 1};
        }
        if (std::holds_alternative<Pool>(node.op) && output == 1)
            return IntegerInterval{-1, graph_.values[node.inputs[0]].shape.elements() - 1};
        if (std::holds_alternative<Where>(node.op))
            return union_of_inputs(node, 1);
        if (std::holds_alternative<Concat>(node.op))
            return union_of_inputs(node, 0);
        if (is_float(graph_.values[node.inputs[0]].type))
            return std::nullopt;
        if (const std::optional<ScatterReduction> reduction = reduction_of(node.op))
        {
            if (*reduction == ScatterReduction::add || *reduction == ScatterReduction::mul)
                return std::nullopt;
            const KnownInterval updates = interval_of_input(node, 2);
            return x && updates ? KnownInterval(united(*x, *updates)) : std::nullopt;
        }
        if (only_moves(node.op) || std::holds_alternative<Cast>(node.op))
            return x;
        const auto* unary = std::get_if<Unary>(&node.op);
        if (unary != nullptr && unary->kind == UnaryKind::clip)
            return clipped(*unary, x);
        const auto* binary = std::get_if<Binary>(&node.op);
        const KnownInterval y = binary != nullptr ? interval_of_input(node, 1) : std::nullopt;
        if (binary != nullptr && (binary->kind == BinaryKind::min || binary->kind == BinaryKind::max))
            return extreme(binary->kind, x, y);
        if (binary != nullptr && y && y->is_closed() &&
            (binary->kind == BinaryKind::mod || binary->kind == BinaryKind::fmod))
            return remainder(binary->kind, *y);
        if (!x || !x->is_closed())
            return std::nullopt;
        if (unary != nullptr)
            return interval_of(*unary, *x);
        if (binary != nullptr)
            return y && y->is_closed() ? interval_of(*binary, *x, *y) : std::nullopt;
        const auto* reduce = std::get_if<Reduce>(&node.op);
        if (reduce == nullptr)
            return std::nullopt;
        if (is_copy(*reduce))
            return x;
        const int64_t terms = graph_.values[node.inputs[0]].shape.elements() /
                              std::max<int64_t>(graph_.values[node.outputs[0]].shape.elements(), 1);
        return interval_of(*reduce, *x, terms);
    }

    const Graph& graph_;
    std::vector<KnownInterval> known_;
};

Status check_intervals(const Graph& graph)
{
    Intervals intervals(graph);
    for (const Node& node : graph.nodes)
    {
        intervals.add(node);
        for (const ValueId id : node.outputs)
        {
            if (id == no_value || graph.values[id].type != DType::i64 || !intervals.of(id) ||
                !intervals.of(id)->is_closed() || intervals.of(id)->fits())
                continue;
            const IntegerInterval& interval = *intervals.of(id);
            return Status(StatusCode::unsupported,
                          describe(node) + ": its results may reach " +
                              std::to_string(interval.high > max_int32 ? interval.high : interval.low) +
                              ", but integers on the device have 32 bits; compute in floats or with smaller constants");
        }
    }
    return {};
}

/// `x kind values` for every 32-bit x, with 32-bit values.
struct Fitted
{
    BinaryKind kind = BinaryKind::equal;
    std::vector<int64_t> values;
};

/// The 32-bit form of a comparison, min or max with constants; nothing if there is no such form.
std::optional<Fitted> fitted(BinaryKind kind, std::vector<int64_t> values)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const bool is_low = *low < min_int32;
    const bool is_high = *high > max_int32;
    const bool is_beyond = *low > max_int32 || *high < min_int32; // all on the same side
    switch (kind)
    {
    case BinaryKind::less: // x < v with v > INT32_MAX is always true, as x <= INT32_MAX is
        if (is_high && *low <= min_int32)
            return std::nullopt;
        for (int64_t& value : values)
            value -= int64_t(is_high);
        kind = is_high ? BinaryKind::less_or_equal : kind;
        break;
    case BinaryKind::greater:
        if (is_low && *high >= max_int32)
            return std::nullopt;
        for (int64_t& value : values)
            value += int64_t(is_low);
        kind = is_low ? BinaryKind::greater_or_equal : kind;
        break;
    case BinaryKind::less_or_equal: // x <= v with v < INT32_MIN is never true, just like x < INT32_MIN
        if (is_low && *high >= max_int32)
            return std::nullopt;
        for (int64_t& value : values)
            value += int64_t(is_low);
        kind = is_low ? BinaryKind::less : kind;
        break;
    case BinaryKind::greater_or_equal:
        if (is_high && *low <= min_int32)
            return std::nullopt;
        for (int64_t& value : values)
            value -= int64_t(is_high);
        kind = is_high ? BinaryKind::greater : kind;
        break;
    case BinaryKind::equal: // no 32-bit x equals a value beyond the range
        if (!is_beyond)
            return std::nullopt;
        std::fill(values.begin(), values.end(), min_int32);
        kind = BinaryKind::less;
        break;
    case BinaryKind::min:
        if (is_low)
            return std::nullopt;
        break;
    case BinaryKind::max:
        if (is_high)
            return std::nullopt;
        break;
    default:
        return std::nullopt;
    }
    for (int64_t& value : values)
        value = std::clamp(value, min_int32, max_int32);
    return Fitted{.kind = kind, .values = std::move(values)};
}

void fit_constant(Graph& graph, Node& node, size_t input)
{
    const Value constant = graph.values[node.inputs[input]];
    if (!constant.constant || is_float(constant.type) || constant.constant->elements() == 0)
        return;
    std::vector<int64_t> values = constant.constant->to_integers();
    if (std::all_of(values.begin(), values.end(),
                    [](int64_t value) { return value >= min_int32 && value <= max_int32; }))
        return;
    auto& op = std::get<Binary>(node.op);
    const std::optional<Fitted> form = fitted(input == 1 ? op.kind : mirrored(op.kind), std::move(values));
    if (!form)
        return; // planning the node rejects the constant
    op.kind = form->kind;
    const ValueId id =
        graph.add_constant(constant.name + " (32 bits)", Tensor::from_integers(constant.shape, form->values));
    node.inputs = {node.inputs[1 - input], id};
}

} // namespace

BinaryKind mirrored(BinaryKind kind)
{
    switch (kind)
    {
    case BinaryKind::less:
        return BinaryKind::greater;
    case BinaryKind::less_or_equal:
        return BinaryKind::greater_or_equal;
    case BinaryKind::greater:
        return BinaryKind::less;
    case BinaryKind::greater_or_equal:
        return BinaryKind::less_or_equal;
    default:
        return kind;
    }
}

Status fit_integers(Graph& graph)
{
    for (Node& node : graph.nodes)
    {
        if (!std::holds_alternative<Binary>(node.op))
            continue;
        for (const size_t input : {size_t(0), size_t(1)})
            fit_constant(graph, node, input);
    }
    return check_intervals(graph);
}

} // namespace vkseg
