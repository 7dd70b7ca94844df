#include "runtime/find_normalization.hpp"

#include "runtime/fuse.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vkseg {
namespace {

/// True if the factor is 1 / count, up to the rounding of exporters, and not 1 / (count − 1) as in an unbiased
/// variance.
bool is_reciprocal(double factor, int64_t count)
{
    return std::abs(factor * double(count) - 1) < std::min(1e-4, 0.25 / double(count));
}

/// A mean or sum of values along axes.
struct Reduced
{
    ValueId of = no_value;
    Integers axes; ///< non-negative, ascending
    bool is_mean = false;
};

/// The mean or sum of squares of `of`, or its variance.
struct Moment
{
    ValueId of = no_value;
    Integers axes;
    bool is_mean = false;
    bool is_variance = false;
};

/// Divisor of a normalisation: max(√(moment + …), …), with epsilon at the place that EpsilonPlace says.
struct Divisor
{
    Moment moment;
    float epsilon = 0;
    EpsilonPlace place = EpsilonPlace::under_root;
};

/// Traces values back to the nodes that computed them. Intermediate nodes are kept if other nodes read them.
class Finder
{
public:
    Finder(const Graph& graph, std::span<const int> producers) : graph_(graph), producers_(producers) {}

    std::optional<Normalization> normalization_of(const Node& node) const
    {
        const auto* binary = std::get_if<Binary>(&node.op);
        if (binary == nullptr || !is_float(graph_.values[node.outputs[0]].type))
            return std::nullopt;
        switch (binary->kind)
        {
        case BinaryKind::div:
            return quotient(node.inputs[0], divisor_of(node.inputs[1]), node.inputs[1]);
        case BinaryKind::mul:
            for (const size_t i : {0, 1})
            {
                if (std::optional<Normalization> found = product(node.inputs[i], node.inputs[1 - i]))
                    return found;
            }
            return std::nullopt;
        case BinaryKind::add:
            for (const size_t i : {0, 1})
            {
                if (std::optional<Normalization> found = folded_sum(node.inputs[i], node.inputs[1 - i]))
                    return found;
            }
            return std::nullopt;
        default:
            return std::nullopt;
        }
    }

private:
    const Node* producer_of(ValueId id) const
    {
        return id == no_value || producers_[id] < 0 ? nullptr : &graph_.nodes[size_t(producers_[id])];
    }

    const Shape& shape_of(ValueId id) const { return graph_.values[id].shape; }

    ValueId without_expand(ValueId id) const
    {
        const Node* node = producer_of(id);
        return node != nullptr && std::holds_alternative<Expand>(node->op) ? node->inputs[0] : id;
    }

    const Node* binary_of(ValueId id, BinaryKind kind) const
    {
        const Node* node = producer_of(id);
        const auto* binary = node == nullptr ? nullptr : std::get_if<Binary>(&node->op);
        return binary != nullptr && binary->kind == kind ? node : nullptr;
    }

    /// a if `id` is kind(a); otherwise no_value.
    ValueId argument(ValueId id, UnaryKind kind) const
    {
        const Node* node = producer_of(id);
        const auto* unary = node == nullptr ? nullptr : std::get_if<Unary>(&node->op);
        return unary != nullptr && unary->kind == kind ? node->inputs[0] : no_value;
    }

    /// The same values before reshapes, of which exporters write two at most.
    ValueId without_reshapes(ValueId id) const
    {
        constexpr int most = 4;
        for (int i = 0; i < most; ++i)
        {
            const Node* node = producer_of(id);
            if (node == nullptr || !std::holds_alternative<Reshape>(node->op))
                break;
            id = node->inputs[0];
        }
        return id;
    }

    /// a and c if `id` is kind(a, c) with a one-element constant c.
    struct WithConstant
    {
        ValueId value = no_value;
        double constant = 0;
    };
    WithConstant with_constant(ValueId id, BinaryKind kind) const
    {
        const Node* node = binary_of(id, kind);
        const bool commutes = kind != BinaryKind::div && kind != BinaryKind::pow;
        for (size_t i = 0; node != nullptr && i < (commutes ? size_t(2) : size_t(1)); ++i)
        {
            if (const std::optional<double> scalar = scalar_of(graph_, node->inputs[1 - i]))
                return {node->inputs[i], *scalar};
        }
        return {};
    }

    /// a and the bound if `id` is max(a, bound).
    WithConstant bounded_below(ValueId id) const
    {
        const ValueId clipped = argument(id, UnaryKind::clip);
        if (clipped == no_value)
            return with_constant(id, BinaryKind::max);
        const auto& clip = std::get<Unary>(producer_of(id)->op);
        return clip.b == std::numeric_limits<float>::max() ? WithConstant{clipped, clip.a} : WithConstant{};
    }

    ValueId square_root_of(ValueId id) const
    {
        const WithConstant power = with_constant(id, BinaryKind::pow);
        return power.value != no_value && power.constant == 0.5 ? power.value : argument(id, UnaryKind::sqrt);
    }

    /// v if `id` is v².
    ValueId squared(ValueId id) const
    {
        const WithConstant power = with_constant(id, BinaryKind::pow);
        if (power.value != no_value)
            return power.constant == 2 ? power.value : no_value;
        const Node* node = binary_of(id, BinaryKind::mul);
        if (node == nullptr)
            return no_value;
        const ValueId a = node->inputs[0];
        const ValueId b = node->inputs[1];
        const std::optional<Reduced> first = a == b ? std::nullopt : difference(a);
        const std::optional<Reduced> second = first ? difference(b) : std::nullopt;
        const bool is_same = second && first->of == second->of && first->axes == second->axes;
        return a == b || is_same ? a : no_value;
    }

    std::optional<Reduced> reduced(ValueId id, ReduceKind kind) const
    {
        const Node* node = producer_of(id);
        const auto* reduce = node == nullptr ? nullptr : std::get_if<Reduce>(&node->op);
        if (reduce == nullptr || reduce->kind != kind || !is_float(graph_.values[id].type))
            return std::nullopt;
        const int64_t rank = int64_t(shape_of(node->inputs[0]).rank());
        Reduced result = {.of = node->inputs[0], .axes = {}, .is_mean = kind == ReduceKind::mean};
        for (int64_t axis = 0; axis < rank; ++axis)
        {
            const auto is_listed = [&](int64_t listed) { return listed == axis || listed + rank == axis; };
            const bool is_reduced = reduce->all_spatial    ? axis >= 2
                                    : reduce->axes.empty() ? !reduce->noop_with_empty_axes
                                                           : std::ranges::any_of(reduce->axes, is_listed);
            if (is_reduced)
                result.axes.push_back(axis);
        }
        return result.axes.empty() ? std::nullopt : std::optional(result);
    }

    int64_t extent_of(const Reduced& reduced) const
    {
        int64_t extent = 1;
        for (const int64_t axis : reduced.axes)
            extent *= shape_of(reduced.of)[size_t(axis)];
        return extent;
    }

    /// A mean, a sum, or a sum that is divided by its number of terms.
    std::optional<Reduced> mean_or_sum(ValueId id) const
    {
        id = without_reshapes(id);
        if (std::optional<Reduced> mean = reduced(id, ReduceKind::mean))
            return mean;
        if (std::optional<Reduced> sum = reduced(id, ReduceKind::sum))
            return sum;
        for (const BinaryKind kind : {BinaryKind::mul, BinaryKind::div})
        {
            const WithConstant scaled = with_constant(id, kind);
            if (scaled.value == no_value)
                continue;
            std::optional<Reduced> sum = reduced(without_reshapes(scaled.value), ReduceKind::sum);
            const double factor = kind == BinaryKind::mul ? scaled.constant : 1 / scaled.constant;
            if (!sum || !is_reciprocal(factor, extent_of(*sum)))
                return std::nullopt;
            sum->is_mean = true;
            return sum;
        }
        return std::nullopt;
    }

    /// True if the value broadcasts to `x` like a tensor with the shape of `x` and extents of 1 along `axes`.
    bool stands_for_rows(ValueId id, ValueId x, const Integers& axes) const
    {
        Shape expected = shape_of(x);
        for (const int64_t axis : axes)
            expected[size_t(axis)] = 1;
        const Shape& shape = shape_of(id);
        for (size_t i = 1; i <= expected.rank(); ++i)
        {
            const int64_t extent = i <= shape.rank() ? shape[shape.rank() - i] : 1;
            if (extent != expected[expected.rank() - i])
                return false;
        }
        return shape.rank() <= expected.rank();
    }

    /// The mean along axes of x, which broadcasts to x.
    std::optional<Reduced> mean_of(ValueId id) const
    {
        const std::optional<Reduced> mean = mean_or_sum(id);
        return mean && mean->is_mean && stands_for_rows(id, mean->of, mean->axes) ? mean : std::nullopt;
    }

    /// x and the axes if `id` is x minus its mean along these axes.
    std::optional<Reduced> difference(ValueId id) const
    {
        const Node* node = binary_of(id, BinaryKind::sub);
        const std::optional<Reduced> mean = node == nullptr ? std::nullopt : mean_of(node->inputs[1]);
        return mean && mean->of == node->inputs[0] ? mean : std::nullopt;
    }

    /// The variance of x if `id` is mean(x²) − mean(x)².
    std::optional<Moment> variance_by_squares(ValueId id) const
    {
        if (const ValueId kept = argument(id, UnaryKind::relu); kept != no_value)
            id = kept;
        else if (const WithConstant bounded = bounded_below(id); bounded.value != no_value && bounded.constant == 0)
            id = bounded.value;
        const Node* node = binary_of(without_reshapes(id), BinaryKind::sub);
        if (node == nullptr)
            return std::nullopt;
        const std::optional<Reduced> squares = mean_or_sum(node->inputs[0]);
        const ValueId mean_id = squared(without_reshapes(node->inputs[1]));
        const std::optional<Reduced> mean = mean_id == no_value ? std::nullopt : mean_or_sum(mean_id);
        if (!squares || !mean || !squares->is_mean || !mean->is_mean || squares->axes != mean->axes ||
            squared(squares->of) != mean->of || shape_of(node->inputs[0]) != shape_of(node->inputs[1]))
            return std::nullopt;
        return Moment{.of = mean->of, .axes = mean->axes, .is_mean = true, .is_variance = true};
    }

    std::optional<Moment> moment_of(ValueId id) const
    {
        if (std::optional<Moment> variance = variance_by_squares(id))
            return variance;
        id = without_reshapes(id);
        std::optional<Reduced> squares = reduced(id, ReduceKind::sum_square);
        if (!squares)
        {
            squares = mean_or_sum(id);
            if (squares)
                squares->of = squared(squares->of);
        }
        if (!squares || squares->of == no_value)
            return std::nullopt;
        return moment(*squares);
    }

    /// The variance of x if `squares.of` is x minus its mean; otherwise the mean or sum of squares of `squares.of`.
    Moment moment(const Reduced& squares) const
    {
        const std::optional<Reduced> centred = difference(squares.of);
        const bool is_variance = squares.is_mean && centred && centred->axes == squares.axes;
        return {.of = is_variance ? centred->of : squares.of,
                .axes = squares.axes,
                .is_mean = squares.is_mean,
                .is_variance = is_variance};
    }

    std::optional<Divisor> root_of(ValueId radicand) const
    {
        radicand = without_reshapes(radicand);
        if (const std::optional<Moment> whole = moment_of(radicand))
            return Divisor{.moment = *whole};
        const WithConstant sum = with_constant(radicand, BinaryKind::add);
        const WithConstant bounded = bounded_below(radicand);
        const ValueId inner = sum.value != no_value ? sum.value : bounded.value;
        const std::optional<Moment> moment = inner == no_value ? std::nullopt : moment_of(inner);
        if (!moment)
            return std::nullopt;
        if (sum.value != no_value)
            return Divisor{.moment = *moment, .epsilon = float(sum.constant)};
        return Divisor{
            .moment = *moment, .epsilon = float(std::sqrt(bounded.constant)), .place = EpsilonPlace::min_root};
    }

    std::optional<Divisor> root(ValueId id) const
    {
        id = without_reshapes(id);
        if (const ValueId radicand = square_root_of(id); radicand != no_value)
            return root_of(radicand);
        if (const std::optional<Reduced> norm = reduced(id, ReduceKind::l2))
            return Divisor{.moment = moment(*norm)};
        return std::nullopt;
    }

    std::optional<Divisor> divisor_of(ValueId id) const
    {
        id = without_reshapes(without_expand(id));
        if (std::optional<Divisor> plain = root(id))
            return plain;
        const WithConstant sum = with_constant(id, BinaryKind::add);
        const WithConstant bounded = sum.value != no_value ? WithConstant{} : bounded_below(id);
        const ValueId inner = sum.value != no_value ? sum.value : bounded.value;
        std::optional<Divisor> divisor = inner == no_value ? std::nullopt : root(inner);
        if (!divisor || divisor->epsilon != 0)
            return std::nullopt;
        divisor->place = sum.value != no_value ? EpsilonPlace::after_root : EpsilonPlace::min_root;
        divisor->epsilon = float(sum.value != no_value ? sum.constant : bounded.constant);
        return divisor;
    }

    /// The divisor if `id` is 1 / divisor.
    std::optional<Divisor> inverse_divisor(ValueId id) const
    {
        id = without_reshapes(without_expand(id));
        if (const ValueId divisor = argument(id, UnaryKind::reciprocal); divisor != no_value)
            return divisor_of(divisor);
        const WithConstant power = with_constant(id, BinaryKind::pow);
        if (power.value != no_value)
            return power.constant == -0.5 ? root_of(power.value) : std::nullopt;
        const Node* quotient = binary_of(id, BinaryKind::div);
        return quotient != nullptr && scalar_of(graph_, quotient->inputs[0]) == 1.0 ? divisor_of(quotient->inputs[1])
                                                                                    : std::nullopt;
    }

    /// The normalisation numerator / divisor. `divisor_id`: the value that the numerator is divided or multiplied by.
    std::optional<Normalization> quotient(ValueId numerator, const std::optional<Divisor>& divisor,
                                          ValueId divisor_id) const
    {
        if (!divisor || !(divisor->epsilon >= 0))
            return std::nullopt;
        const Moment& moment = divisor->moment;
        if (!is_broadcast(divisor_id, moment))
            return std::nullopt;
        if (std::optional<Normalization> plain = normalization(numerator, *divisor))
            return plain;
        // Some networks scale before they divide.
        const Node* scaled = binary_of(numerator, BinaryKind::mul);
        for (size_t i = 0; scaled != nullptr && i < 2; ++i)
        {
            std::optional<Normalization> result;
            if (graph_.values[scaled->inputs[1 - i]].constant)
                result = normalization(scaled->inputs[i], *divisor);
            if (!result)
                continue;
            result->scale = scaled->inputs[1 - i];
            return result;
        }
        return std::nullopt;
    }

    /// True if the divisor has the shape of the rows, or is an Expand of a value with that shape.
    bool is_broadcast(ValueId id, const Moment& moment) const
    {
        if (shape_of(id) == shape_of(moment.of))
            id = without_expand(id);
        return stands_for_rows(id, moment.of, moment.axes);
    }

    std::optional<Normalization> normalization(ValueId numerator, const Divisor& divisor) const
    {
        const Moment& moment = divisor.moment;
        const std::optional<Reduced> centred = difference(numerator);
        const bool is_layer = moment.is_variance && centred && centred->of == moment.of && centred->axes == moment.axes;
        if (!is_layer && (moment.is_variance || numerator != moment.of))
            return std::nullopt;
        return Normalization{.x = moment.of,
                             .op = {.kind = is_layer         ? NormalizationKind::layer
                                            : moment.is_mean ? NormalizationKind::rms
                                                             : NormalizationKind::l2,
                                    .axes = moment.axes,
                                    .epsilon = divisor.epsilon,
                                    .epsilon_place = divisor.place}};
    }

    /// An inverse divisor, possibly multiplied by a constant.
    struct Factor
    {
        std::optional<Divisor> divisor;
        ValueId id = no_value; ///< id of the inverse divisor
        ValueId scale = no_value;
    };
    Factor factor_of(ValueId id) const
    {
        if (std::optional<Divisor> divisor = inverse_divisor(id))
            return {.divisor = divisor, .id = id};
        const Node* scaled = binary_of(id, BinaryKind::mul);
        for (size_t i = 0; scaled != nullptr && i < 2; ++i)
        {
            if (!graph_.values[scaled->inputs[1 - i]].constant)
                continue;
            if (std::optional<Divisor> divisor = inverse_divisor(scaled->inputs[i]))
                return {.divisor = divisor, .id = scaled->inputs[i], .scale = scaled->inputs[1 - i]};
        }
        return {};
    }

    /// The normalisation value · factor.
    std::optional<Normalization> product(ValueId value, ValueId factor_id) const
    {
        const Factor factor = factor_of(factor_id);
        std::optional<Normalization> result = quotient(value, factor.divisor, factor.id);
        if (!result || factor.scale == no_value)
            return result;
        if (result->scale != no_value)
            return std::nullopt;
        result->scale = factor.scale;
        return result;
    }

    /// The normalisation x · factor + (bias − mean · factor), as TensorFlow writes it.
    std::optional<Normalization> folded_sum(ValueId product_id, ValueId rest_id) const
    {
        const Node* product = binary_of(product_id, BinaryKind::mul);
        const Node* rest = binary_of(rest_id, BinaryKind::sub);
        const Node* mean_product = rest == nullptr ? nullptr : binary_of(rest->inputs[1], BinaryKind::mul);
        if (product == nullptr || mean_product == nullptr || !graph_.values[rest->inputs[0]].constant)
            return std::nullopt;
        for (const size_t i : {0, 1})
        {
            const ValueId factor_id = product->inputs[1 - i];
            const size_t k = mean_product->inputs[0] == factor_id ? 1 : 0;
            if (mean_product->inputs[1 - k] != factor_id)
                continue;
            const Factor factor = factor_of(factor_id);
            const std::optional<Reduced> mean = mean_of(mean_product->inputs[k]);
            if (!factor.divisor || !(factor.divisor->epsilon >= 0) || !mean)
                continue;
            const Moment& moment = factor.divisor->moment;
            if (!moment.is_variance || moment.of != product->inputs[i] || mean->of != moment.of ||
                mean->axes != moment.axes || !is_broadcast(factor.id, moment))
                continue;
            return Normalization{.x = moment.of,
                                 .op = {.kind = NormalizationKind::layer,
                                        .axes = moment.axes,
                                        .epsilon = factor.divisor->epsilon,
                                        .epsilon_place = factor.divisor->place},
                                 .scale = factor.scale,
                                 .bias = rest->inputs[0]};
        }
        return std::nullopt;
    }

    const Graph& graph_;
    std::span<const int> producers_;
};

} // namespace

std::optional<Normalization> find_normalization(const Graph& graph, std::span<const int> producers, const Node& node)
{
    return Finder(graph, producers).normalization_of(node);
}

} // namespace vkseg
