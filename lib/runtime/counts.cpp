#include "runtime/counts.hpp"

#include <string_view>

namespace vkseg {
namespace {

std::string_view word_of(BinaryKind kind)
{
    switch (kind)
    {
    case BinaryKind::add:
        return " plus ";
    case BinaryKind::sub:
        return " minus ";
    case BinaryKind::mul:
        return " times ";
    case BinaryKind::div:
        return " over ";
    case BinaryKind::min:
        return ", at most ";
    case BinaryKind::max:
        return ", at least ";
    default:
        return " with ";
    }
}

} // namespace

ValueId Counts::constant(int64_t number)
{
    const auto [known, is_new] = constants_.try_emplace(number, no_value);
    if (is_new)
        known->second = graph_.add_constant(std::to_string(number), Tensor::from_integers({1}, {number}));
    return known->second;
}

ValueId Counts::combined(BinaryKind kind, ValueId left, ValueId right)
{
    const bool is_idempotent = kind == BinaryKind::min || kind == BinaryKind::max;
    if (is_idempotent && left == right)
        return left;
    const auto [known, is_new] = results_.try_emplace({kind, left, right}, no_value);
    if (is_new)
    {
        std::string name = graph_.values[left].name;
        name.append(word_of(kind)).append(graph_.values[right].name);
        known->second =
            graph_.add_value({.name = name, .type = DType::i64, .shape = {1}, .has_shape = true, .constant = {}});
        graph_.nodes.push_back(
            {.name = name, .op = Binary{.kind = kind}, .inputs = {left, right}, .outputs = {known->second}});
    }
    return known->second;
}

ValueId Counts::multiplied(ValueId count, int64_t factor)
{
    if (factor == 1)
        return count;
    const ValueId result = combined(BinaryKind::mul, count, constant(factor));
    if (factor > 0)
        products_[result] = {count, factor};
    return result;
}

ValueId Counts::limited(ValueId count, int64_t limit)
{
    const ValueId result = combined(BinaryKind::min, count, constant(limit));
    if (limit > 0)
        limited_[result] = count;
    return result;
}

ValueId Counts::divided(ValueId count, int64_t divisor) const
{
    if (divisor == 1)
        return count;
    const auto product = products_.find(count);
    return product != products_.end() && product->second.second == divisor ? product->second.first : no_value;
}

/// The count that is 0 exactly where this one is, as far as that is known.
ValueId Counts::positive_root(ValueId count) const
{
    for (;;)
    {
        if (const auto product = products_.find(count); product != products_.end())
            count = product->second.first;
        else if (const auto limited = limited_.find(count); limited != limited_.end())
            count = limited->second;
        else
            return count;
    }
}

bool Counts::vanishes_with(ValueId count, ValueId other) const
{
    other = positive_root(other);
    for (;;)
    {
        count = positive_root(count);
        if (count == other)
            return true;
        const auto selection = selected_from_.find(count);
        if (selection == selected_from_.end())
            return false;
        count = selection->second;
    }
}

} // namespace vkseg
