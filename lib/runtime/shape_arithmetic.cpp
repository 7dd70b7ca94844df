#include "runtime/shape_arithmetic.hpp"

#include "base/try.hpp"
#include "ops/movement/shape_of.hpp"
#include "ops/operators.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"
#include "runtime/fit_integers.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>

namespace vkseg {
namespace {

using Meaning = ShapeArithmetic::Meaning;
using StandIn = ShapeArithmetic::StandIn;

/// The inputs that the operator moves to its output without changing them.
std::span<const size_t> moved_inputs(const Op& op)
{
    static constexpr size_t all[] = {0, 1, 2, 3, 4, 5, 6, 7};
    if (std::holds_alternative<Concat>(op))
        return all;
    if (std::holds_alternative<Where>(op))
        return std::span(all).subspan(1, 2);
    const bool moves = std::holds_alternative<Split>(op) || std::holds_alternative<Slice>(op) ||
                       std::holds_alternative<Transpose>(op) || std::holds_alternative<Reshape>(op) ||
                       std::holds_alternative<Expand>(op) || std::holds_alternative<Tile>(op) ||
                       std::holds_alternative<Gather>(op);
    return std::span(all).first(moves ? 1 : 0);
}

bool compares(BinaryKind kind)
{
    return kind == BinaryKind::equal || kind == BinaryKind::greater || kind == BinaryKind::greater_or_equal ||
           kind == BinaryKind::less || kind == BinaryKind::less_or_equal;
}

std::optional<BinaryKind> step_of(ReduceKind kind)
{
    switch (kind)
    {
    case ReduceKind::sum:
        return BinaryKind::add;
    case ReduceKind::prod:
        return BinaryKind::mul;
    case ReduceKind::min:
        return BinaryKind::min;
    case ReduceKind::max:
        return BinaryKind::max;
    default:
        return std::nullopt;
    }
}

/// Wraps at 64 bits.
int64_t computed(BinaryKind kind, int64_t left, int64_t right)
{
    switch (kind)
    {
    case BinaryKind::add:
        return int64_t(uint64_t(left) + uint64_t(right));
    case BinaryKind::mul:
        return int64_t(uint64_t(left) * uint64_t(right));
    case BinaryKind::min:
        return std::min(left, right);
    default:
        return std::max(left, right);
    }
}

bool is_truth(Meaning meaning)
{
    return meaning == Meaning::is_zero || meaning == Meaning::is_not_zero;
}

Meaning opposite(Meaning meaning)
{
    if (meaning == Meaning::is_zero)
        return Meaning::is_not_zero;
    return meaning == Meaning::is_not_zero ? Meaning::is_zero : Meaning::unknown;
}

} // namespace

/// An operand of integer arithmetic.
struct ShapeArithmetic::Element
{
    int64_t value = 0; ///< if it stands for a count: the count's upper bound
    std::optional<StandIn> stand_in = {};
};

std::span<const StandIn> ShapeArithmetic::stand_ins(ValueId id) const
{
    const auto found = stand_ins_.find(id);
    return found == stand_ins_.end() ? std::span<const StandIn>() : found->second;
}

std::optional<StandIn> ShapeArithmetic::at(ValueId id, size_t element) const
{
    const std::span<const StandIn> all = stand_ins(id);
    const auto found = std::ranges::lower_bound(all, element, {}, &StandIn::element);
    return found == all.end() || found->element != element ? std::nullopt : std::optional(*found);
}

bool ShapeArithmetic::is_stand_in_data(const Node& node, size_t input) const
{
    return node.inputs[input] != no_value && stand_ins_.contains(node.inputs[input]) &&
           is_data_input(node.op, node.inputs.size(), input);
}

Status ShapeArithmetic::follow(const Node& node)
{
    if (std::holds_alternative<ShapeOf>(node.op)) // whatever the values are
    {
        follow_shape(node);
        return {};
    }
    bool has_any = false;
    for (size_t i = 0; i < node.inputs.size(); ++i)
        has_any |= is_stand_in_data(node, i);
    if (!has_any)
        return {};
    if (!moved_inputs(node.op).empty())
        return follow_moves(node);
    if (std::holds_alternative<Binary>(node.op))
        follow_binary(node);
    else if (std::holds_alternative<Reduce>(node.op))
        follow_reduction(node);
    else if (std::holds_alternative<Cast>(node.op))
        follow_cast(node);
    else if (const auto* unary = std::get_if<Unary>(&node.op); unary && unary->kind == UnaryKind::logical_not)
        follow_logical_not(node);
    else if (unary && unary->kind == UnaryKind::identity)
        stand_ins_[node.outputs[0]] = stand_ins_.at(node.inputs[0]);
    else
        give_up(node);
    return {};
}

void ShapeArithmetic::give_up(const Node& node)
{
    for (const ValueId id : node.outputs)
    {
        if (id == no_value)
            continue;
        std::vector<StandIn>& all = stand_ins_[id];
        all.resize(size_t(graph_.values[id].shape.elements()));
        for (size_t i = 0; i < all.size(); ++i)
            all[i] = {.element = i, .meaning = Meaning::unknown};
    }
}

void ShapeArithmetic::follow_shape(const Node& node)
{
    const Value& x = graph_.values[node.inputs[0]];
    if (!x.valid)
        return;
    const auto& op = std::get<ShapeOf>(node.op);
    if (op.is_size)
    {
        const int64_t per_entry = x.shape.elements() / x.shape[x.valid->axis];
        const ValueId count = counts_.multiplied(x.valid->count, per_entry);
        stand_ins_[node.outputs[0]] = {{.element = 0, .count = count}};
        return;
    }
    Shape numbers = x.shape; // the axes, in place of the extents
    for (size_t axis = 0; axis < numbers.rank(); ++axis)
        numbers[axis] = int64_t(axis);
    const std::vector<int64_t> axes = shape_values(op, numbers).to_integers();
    const auto place = std::ranges::find(axes, int64_t(x.valid->axis));
    if (place != axes.end())
        stand_ins_[node.outputs[0]] = {{.element = size_t(place - axes.begin()), .count = x.valid->count}};
}

/// Moves the numbers of the stand-ins in place of the values.
Status ShapeArithmetic::follow_moves(const Node& node)
{
    std::vector<StandIn> found;
    std::vector<Tensor> markers;
    std::vector<const Tensor*> inputs;
    markers.reserve(node.inputs.size());
    const bool is_concat = std::holds_alternative<Concat>(node.op);
    const std::span<const size_t> moved = moved_inputs(node.op);
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        const ValueId id = node.inputs[i];
        const bool is_moved = is_concat || std::ranges::find(moved, i) != moved.end();
        if (!is_moved && is_stand_in_data(node, i))
        {
            give_up(node);
            return {};
        }
        if (id == no_value || !is_moved)
        {
            inputs.push_back(id == no_value ? nullptr : &*graph_.values[id].constant);
            continue;
        }
        const Shape& shape = graph_.values[id].shape;
        std::vector<int64_t> numbers(size_t(shape.elements()));
        for (const StandIn& stand_in : stand_ins(id))
        {
            found.push_back(stand_in);
            numbers[stand_in.element] = int64_t(found.size());
        }
        inputs.push_back(&markers.emplace_back(Tensor::from_integers(shape, std::move(numbers))));
    }
    std::vector<TensorInfo> outputs;
    for (const ValueId id : node.outputs)
        outputs.push_back({.type = DType::i64, .shape = id == no_value ? Shape() : graph_.values[id].shape});
    VKSEG_ASSIGN(const std::vector<Tensor> results, reference::fold(node.op, {.inputs = inputs, .outputs = outputs}));
    for (size_t k = 0; k < node.outputs.size(); ++k)
    {
        if (node.outputs[k] == no_value)
            continue;
        const std::vector<int64_t> numbers = results[k].to_integers();
        std::vector<StandIn> moved_to;
        for (size_t element = 0; element < numbers.size(); ++element)
        {
            if (numbers[element] == 0)
                continue;
            moved_to.push_back(found[size_t(numbers[element] - 1)]);
            moved_to.back().element = element;
        }
        if (!moved_to.empty())
            stand_ins_[node.outputs[k]] = std::move(moved_to);
    }
    return {};
}

ShapeArithmetic::Element ShapeArithmetic::element_of(ValueId id, size_t element,
                                                     const std::vector<int64_t>& values) const
{
    return {.value = values[element], .stand_in = at(id, element)};
}

/// The result stands for a count if the operator rises with each count, so that bounds give a bound.
std::optional<StandIn> ShapeArithmetic::combine(BinaryKind kind, const Element& left, const Element& right)
{
    if (!left.stand_in && !right.stand_in)
        return std::nullopt;
    const StandIn unknown = {.meaning = Meaning::unknown};
    for (const Element* operand : {&left, &right})
    {
        if (operand->value < 0 || (operand->stand_in && operand->stand_in->meaning != Meaning::count))
            return unknown;
    }
    const auto count_of = [&](const Element& operand)
    { return operand.stand_in ? operand.stand_in->count : counts_.constant(operand.value); };
    switch (kind)
    {
    case BinaryKind::mul:
        if (!right.stand_in)
            return StandIn{.count = counts_.multiplied(left.stand_in->count, right.value)};
        if (!left.stand_in)
            return StandIn{.count = counts_.multiplied(right.stand_in->count, left.value)};
        break;
    case BinaryKind::min:
        if (!right.stand_in && right.value >= left.value)
            return left.stand_in;
        if (!left.stand_in && left.value >= right.value)
            return right.stand_in;
        if (!right.stand_in)
            return StandIn{.count = counts_.limited(left.stand_in->count, right.value)};
        if (!left.stand_in)
            return StandIn{.count = counts_.limited(right.stand_in->count, left.value)};
        break;
    case BinaryKind::add:
    case BinaryKind::max:
        if (!right.stand_in && right.value == 0)
            return left.stand_in;
        if (!left.stand_in && left.value == 0)
            return right.stand_in;
        break;
    case BinaryKind::div:
        if (right.stand_in || right.value == 0)
            return unknown;
        if (const ValueId quotient = counts_.divided(left.stand_in->count, right.value); quotient != no_value)
            return StandIn{.count = quotient};
        break;
    default:
        return unknown;
    }
    return StandIn{.count = counts_.combined(kind, count_of(left), count_of(right))};
}

/// The truth of a comparison of a count, from 0 to its bound, with a number: empty if it is the same for each count.
std::optional<StandIn> ShapeArithmetic::compare(BinaryKind kind, const Element& count, int64_t number) const
{
    const int64_t bound = count.value;
    const StandIn is_zero = {.meaning = Meaning::is_zero, .count = count.stand_in->count};
    const StandIn is_not_zero = {.meaning = Meaning::is_not_zero, .count = count.stand_in->count};
    const auto unless = [](bool is_known, bool is_about_zero, const StandIn& truth) -> std::optional<StandIn>
    {
        if (is_known)
            return std::nullopt;
        return is_about_zero ? truth : StandIn{.meaning = Meaning::unknown};
    };
    switch (kind)
    {
    case BinaryKind::equal:
        return unless(number < 0 || number > bound, number == 0, is_zero);
    case BinaryKind::less:
        return unless(number <= 0 || number > bound, number == 1, is_zero);
    case BinaryKind::less_or_equal:
        return unless(number < 0 || number >= bound, number == 0, is_zero);
    case BinaryKind::greater:
        return unless(number < 0 || number >= bound, number == 0, is_not_zero);
    default:
        return unless(number <= 0 || number > bound, number == 1, is_not_zero);
    }
}

void ShapeArithmetic::follow_binary(const Node& node)
{
    const BinaryKind kind = std::get<Binary>(node.op).kind;
    const Value& y = graph_.values[node.outputs[0]];
    const Value& a = graph_.values[node.inputs[0]];
    const Value& b = graph_.values[node.inputs[1]];
    if (is_float(a.type) || is_float(b.type))
        return give_up(node);
    const std::vector<int64_t> left_values = a.constant->to_integers();
    const std::vector<int64_t> right_values = b.constant->to_integers();
    reference::BroadcastWalk left_at(a.shape, y.shape);
    reference::BroadcastWalk right_at(b.shape, y.shape);
    std::vector<StandIn> result;
    for (size_t k = 0; k < size_t(y.shape.elements()); ++k, left_at.advance(), right_at.advance())
    {
        const Element left = element_of(node.inputs[0], left_at.index(), left_values);
        const Element right = element_of(node.inputs[1], right_at.index(), right_values);
        std::optional<StandIn> stand_in;
        const bool has_one_count = left.stand_in.has_value() != right.stand_in.has_value() &&
                                   (left.stand_in ? left.stand_in : right.stand_in)->meaning == Meaning::count;
        if (compares(kind) && has_one_count)
            stand_in = left.stand_in ? compare(kind, left, right.value) : compare(mirrored(kind), right, left.value);
        else
            stand_in = combine(kind, left, right);
        if (!stand_in)
            continue;
        stand_in->element = k;
        result.push_back(*stand_in);
    }
    if (!result.empty())
        stand_ins_[node.outputs[0]] = std::move(result);
}

/// Reductions of a list of integers to one.
void ShapeArithmetic::follow_reduction(const Node& node)
{
    const Value& x = graph_.values[node.inputs[0]];
    const ReduceKind kind = std::get<Reduce>(node.op).kind;
    constexpr int64_t longest = 16;
    const std::optional<BinaryKind> step = step_of(kind);
    if (is_float(x.type) || !step || x.shape.elements() > longest ||
        graph_.values[node.outputs[0]].shape.elements() != 1)
        return give_up(node);
    const std::vector<int64_t> values = x.constant->to_integers();
    Element result = element_of(node.inputs[0], 0, values);
    for (size_t i = 1; i < values.size(); ++i)
    {
        const Element next = element_of(node.inputs[0], i, values);
        result.stand_in = combine(*step, result, next);
        result.value = computed(*step, result.value, next.value);
    }
    if (!result.stand_in)
        return;
    result.stand_in->element = 0;
    stand_ins_[node.outputs[0]] = {*result.stand_in};
}

void ShapeArithmetic::follow_logical_not(const Node& node)
{
    std::vector<StandIn> all = stand_ins_.at(node.inputs[0]);
    for (StandIn& stand_in : all)
        stand_in.meaning = opposite(stand_in.meaning);
    stand_ins_[node.outputs[0]] = std::move(all);
}

void ShapeArithmetic::follow_cast(const Node& node)
{
    const DType from = graph_.values[node.inputs[0]].type;
    const DType to = std::get<Cast>(node.op).to;
    std::vector<StandIn> all = stand_ins_.at(node.inputs[0]);
    for (StandIn& stand_in : all)
    {
        if (to == DType::boolean && stand_in.meaning == Meaning::count)
            stand_in.meaning = Meaning::is_not_zero;
        else if (is_truth(stand_in.meaning) ? to != DType::boolean
                                            : is_float(from) || (to != DType::i64 && to != DType::i32))
            stand_in.meaning = Meaning::unknown; // a count may wrap in other types
    }
    stand_ins_[node.outputs[0]] = std::move(all);
}

} // namespace vkseg
