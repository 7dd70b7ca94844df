#include "runtime/mixed_precision.hpp"

#include "base/half.hpp"
#include "base/text.hpp"
#include "ops/float_values.hpp"
#include "ops/operators.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace vkseg {
namespace {

constexpr float smallest_normal_half = 0x1p-14f;
constexpr float fewest_digits = 0x1p-19f; // f16 below it has less than half of its 11 bits left
constexpr float vanishing = 0x1p-25f;     // rounds to zero

/// Loss of a constant's values in f16.
struct HalfLoss
{
    size_t values = 0;
    size_t overflowing = 0;
    size_t vanishing = 0;
    size_t imprecise = 0; ///< subnormal halves with less than half of their digits
    float largest = 0;    ///< finite magnitude

    /// True if no value is as large as the smallest normal half.
    bool is_tiny() const { return largest > 0 && largest < smallest_normal_half; }

    void forget_tiny()
    {
        vanishing = 0;
        imprecise = 0;
        largest = std::max(largest, smallest_normal_half);
    }
};

/// The largest finite magnitude. Bits of magnitudes are in the order of the magnitudes, infinities and NaN after all
/// others.
float largest_magnitude(std::span<const float> values)
{
    constexpr uint32_t infinity = 0x7f800000;
    uint32_t largest = 0;
    for (const float value : values)
    {
        const uint32_t magnitude = std::bit_cast<uint32_t>(value) & 0x7fffffff;
        largest = std::max(largest, magnitude < infinity ? magnitude : 0);
    }
    return std::bit_cast<float>(largest);
}

/// Adds the losses of `values`. Tiny values count only if there are no larger ones among `values`.
void add_loss(std::span<const float> values, HalfLoss& loss)
{
    // Usually one quick pass is enough: networks have millions of weights.
    const HalfLoss part = {.largest = largest_magnitude(values)};
    loss.values += values.size();
    loss.largest = std::max(loss.largest, part.largest);
    if (part.largest <= largest_half && !part.is_tiny())
        return;
    for (const float value : values)
    {
        const float magnitude = std::abs(value);
        if (!std::isfinite(value) || magnitude == 0)
            continue;
        loss.overflowing += magnitude > largest_half ? 1 : 0;
        if (!part.is_tiny())
            continue;
        loss.vanishing += magnitude <= vanishing ? 1 : 0;
        loss.imprecise += magnitude > vanishing && magnitude < fewest_digits ? 1 : 0;
    }
}

/// `rows`: number of parts to judge separately, such as the weights of each output channel.
HalfLoss loss_of(const Tensor& tensor, size_t rows)
{
    HalfLoss loss;
    const FloatValues floats(tensor);
    const std::span<const float> values = floats.span();
    const size_t row = values.size() / std::max<size_t>(rows, 1);
    for (size_t begin = 0; row > 0 && begin < values.size(); begin += row)
        add_loss(values.subspan(begin, std::min(row, values.size() - begin)), loss);
    return loss;
}

std::string message(const Value& constant, const Node& node, const HalfLoss& loss, bool is_f32)
{
    std::string text;
    const auto add = [&](size_t count, const char* what)
    {
        if (count > 0)
            text += (text.empty() ? "" : ", ") + std::to_string(count) + " of " + std::to_string(loss.values) +
                    " values " + what;
    };
    add(loss.overflowing, "exceed 65504, the largest in f16");
    add(loss.vanishing, "become 0 in f16");
    add(loss.imprecise, "lose most digits in f16");
    return "constant '" + printable(constant.name) + "' of node '" + printable(node.name) + "' (" + name(node.op) +
           "): " + text + (is_f32 ? "; the node is computed in f32" : "");
}

/// True for operators whose results are about as large and as precise as what they read.
bool carries_values(const Op& op)
{
    return std::holds_alternative<Unary>(op) || std::holds_alternative<Binary>(op) ||
           std::holds_alternative<Chain>(op) || std::holds_alternative<Reduce>(op) ||
           std::holds_alternative<Reshape>(op) || std::holds_alternative<Expand>(op) ||
           std::holds_alternative<Transpose>(op) || std::holds_alternative<Gather>(op) ||
           std::holds_alternative<Slice>(op) || std::holds_alternative<Split>(op) ||
           std::holds_alternative<Concat>(op) || std::holds_alternative<GatherElements>(op) ||
           std::holds_alternative<GatherNd>(op) || std::holds_alternative<ScatterElements>(op) ||
           std::holds_alternative<ScatterNd>(op);
}

/// True for the functions of angles, whose results need the digits that f16 lacks for angles of several turns.
bool reads_angles(const Op& op)
{
    const auto is_of_angles = [](const Unary* unary)
    { return unary != nullptr && (unary->kind == UnaryKind::sin || unary->kind == UnaryKind::cos); };
    if (const auto* chain = std::get_if<Chain>(&op))
    {
        return std::ranges::any_of(chain->steps, [&](const ChainStep& step)
                                   { return is_of_angles(std::get_if<Unary>(&step.function)); });
    }
    return is_of_angles(std::get_if<Unary>(&op));
}

/// Decides node by node, in the order of computation.
class Decider
{
public:
    Decider(const Graph& graph, std::span<const ValueId> wide)
        : graph_(graph)
        , is_wide_(graph.values.size())
        , is_small_(is_wide_)
        , feeds_reduce_(is_wide_)
        , are_coordinates_(is_wide_)
    {
        find_coordinates();
        for (const ValueId id : wide)
            is_wide_[id] = true;
        for (const Node& node : graph.nodes)
        {
            if (const auto* reduce = std::get_if<Reduce>(&node.op);
                reduce != nullptr && reduce->kind != ReduceKind::max && reduce->kind != ReduceKind::min)
                feeds_reduce_[node.inputs[0]] = true;
            if (const auto* arg = std::get_if<ArgReduce>(&node.op); arg != nullptr && node.outputs[0] != no_value)
                is_small_[node.outputs[0]] = extent_along(node.inputs[0], arg->axis) <= max_exact + 1;
        }
    }

    MixedPrecision run()
    {
        for (const Node& node : graph_.nodes)
        {
            const bool has_misfit = check_constants(node); // always called, because it collects the warnings
            const bool is_always_f32 = signature(node.op).is_f32;
            const bool is_wide = is_always_f32 || has_misfit || begins_wide(node) || continues_wide(node) ||
                                 (carries_coordinates(node) && gives_coordinates(node));
            result_.is_f32.push_back(is_wide || reads_angles(node.op));
            if (!is_wide || (settles(node) && !is_always_f32))
                continue;
            for (const ValueId id : node.outputs)
            {
                if (id != no_value && is_float(graph_.values[id].type))
                    is_wide_[id] = true;
            }
        }
        return std::move(result_);
    }

private:
    static constexpr int64_t max_exact = 2048;

    int64_t extent_along(ValueId id, int64_t axis) const
    {
        const Shape& shape = graph_.values[id].shape;
        return shape[size_t(axis < 0 ? axis + int64_t(shape.rank()) : axis)];
    }

    /// Scans a constant once, however many nodes read it.
    HalfLoss loss_in_constant(ValueId id, size_t rows)
    {
        const auto [found, is_new] = losses_.try_emplace({id, rows});
        if (is_new)
            found->second = loss_of(*graph_.values[id].constant, rows);
        return found->second;
    }

    /// True if f16 cannot hold a constant that the node reads as stored.
    bool check_constants(const Node& node)
    {
        const std::vector<TensorInfo> infos = infos_of(graph_, node);
        const bool is_convolution = std::holds_alternative<Conv>(node.op) ||
                                    std::holds_alternative<ConvTranspose>(node.op) ||
                                    std::holds_alternative<FullyConnected>(node.op);
        bool is_f32 = false;
        for (size_t i = 0; i < infos.size(); ++i)
        {
            const bool is_stored = is_data_input(node.op, infos.size(), i) || (is_convolution && (i == 1 || i == 2));
            if (!infos[i].is_present || infos[i].constant == nullptr || !is_float(infos[i].type) || !is_stored)
                continue;
            const bool has_channels = std::holds_alternative<Conv>(node.op) && i == 1;
            HalfLoss loss = loss_in_constant(node.inputs[i], has_channels ? size_t(infos[i].shape[0]) : 1);
            if (is_added(node, i) && infos[i].shape.elements() > 1)
                loss.forget_tiny(); // negligible next to the values that it is added to
            const bool does_not_fit = loss.overflowing > 0 || loss.is_tiny();
            is_f32 = is_f32 || does_not_fit;
            if (loss.overflowing + loss.vanishing + loss.imprecise > 0)
                result_.warnings.push_back(message(graph_.values[node.inputs[i]], node, loss, does_not_fit));
        }
        return is_f32;
    }

    /// True if the input is a bias, or a term of a sum.
    static bool is_added(const Node& node, size_t input)
    {
        const auto is_sum = [](BinaryKind kind) { return kind == BinaryKind::add || kind == BinaryKind::sub; };
        if (const auto* binary = std::get_if<Binary>(&node.op))
            return is_sum(binary->kind);
        if (const auto* chain = std::get_if<Chain>(&node.op))
        {
            return input > 0 && std::ranges::all_of(chain->steps,
                                                    [&](const ChainStep& step)
                                                    {
                                                        const auto* binary = std::get_if<Binary>(&step.function);
                                                        return step.operand != int(input) ||
                                                               (binary != nullptr && is_sum(binary->kind));
                                                    });
        }
        const bool has_bias = std::holds_alternative<Conv>(node.op) || std::holds_alternative<ConvTranspose>(node.op) ||
                              std::holds_alternative<Gemm>(node.op) ||
                              std::holds_alternative<FullyConnected>(node.op) ||
                              std::holds_alternative<LayerNormalization>(node.op) ||
                              std::holds_alternative<InstanceNormalization>(node.op);
        return has_bias && input == 2;
    }

    int64_t terms(const Node& node) const
    {
        return graph_.values[node.inputs[0]].shape.elements() / graph_.values[node.outputs[0]].shape.elements();
    }

    bool is_computed(ValueId id) const { return id != no_value && !graph_.values[id].constant; }

    /// True for a square or higher power, and for a product of two values that a mean or sum reads.
    bool is_power(const Node& node) const
    {
        const auto* binary = std::get_if<Binary>(&node.op);
        if (binary == nullptr)
            return false;
        const ValueId a = node.inputs[0];
        const ValueId b = node.inputs[1];
        if (binary->kind == BinaryKind::mul)
            return is_computed(a) && is_computed(b) && (a == b || feeds_reduce_[node.outputs[0]]);
        const std::optional<Tensor>& exponent = graph_.values[b].constant;
        return binary->kind == BinaryKind::pow && exponent && exponent->elements() == 1 &&
               std::abs(exponent->to_floats()[0]) >= 2;
    }

    /// True for exponentials, which leave the range of f16 from 11.1 on.
    static bool is_exponential(const Unary* unary)
    {
        return unary != nullptr &&
               (unary->kind == UnaryKind::exp || unary->kind == UnaryKind::sinh || unary->kind == UnaryKind::cosh);
    }

    /// True for a chain of elementwise operators with a power or an exponential.
    bool has_power(const Node& node) const
    {
        const auto* chain = std::get_if<Chain>(&node.op);
        const auto is_power = [&](const ChainStep& step)
        {
            if (is_exponential(std::get_if<Unary>(&step.function)))
                return true;
            const auto* binary = std::get_if<Binary>(&step.function);
            if (binary == nullptr)
                return false;
            if (binary->kind == BinaryKind::mul)
                return step.operand == 0 || (step.operand > 0 && feeds_reduce_[node.outputs[0]] &&
                                             is_computed(node.inputs[size_t(step.operand)]));
            return binary->kind == BinaryKind::pow && step.operand < 0 && !step.is_second &&
                   std::abs(step.constant) >= 2;
        };
        return chain != nullptr && std::ranges::any_of(chain->steps, is_power);
    }

    /// True for integers that f16 may not hold: f16 skips integers beyond 2048.
    bool has_gaps_in_halves(ValueId id) const
    {
        const DType type = graph_.values[id].type;
        return (type == DType::i32 || type == DType::i64) && !is_small_[id];
    }

    /// True if results may leave the range of f16 although the operands are within it.
    bool begins_wide(const Node& node) const
    {
        if (node.outputs.empty() || node.outputs[0] == no_value || !is_float(graph_.values[node.outputs[0]].type))
            return false;
        if (is_power(node) || has_power(node) || is_exponential(std::get_if<Unary>(&node.op)))
            return true;
        if (std::holds_alternative<Cast>(node.op))
            return has_gaps_in_halves(node.inputs[0]);
        if (const auto* pad = std::get_if<Pad>(&node.op))
            return std::abs(pad->value) > largest_half && std::isfinite(pad->value);
        const auto* reduce = std::get_if<Reduce>(&node.op);
        if (reduce == nullptr)
            return false;
        constexpr int64_t many = 256; // number of terms that overflow if each is a few hundred
        switch (reduce->kind)
        {
        case ReduceKind::sum_square:
        case ReduceKind::prod:
            return terms(node) > 1;
        case ReduceKind::sum:
        case ReduceKind::l1:
            return terms(node) >= many;
        case ReduceKind::l2:
            return terms(node) >= many * many;
        default:
            return false;
        }
    }

    /// True if the node computes element by element, or reduces, values that f16 may not hold.
    bool continues_wide(const Node& node) const
    {
        if (std::holds_alternative<Unary>(node.op) && reads_angles(node.op))
            return false; // results are at most 1
        const bool is_carried = carries_values(node.op) || std::holds_alternative<Cast>(node.op);
        return is_carried && std::any_of(node.inputs.begin(), node.inputs.end(),
                                         [&](ValueId id) { return id != no_value && is_wide_[id]; });
    }

    /// True for nodes that compute coordinates or angles from others: also products of a few terms, such as points by a
    /// matrix of frequencies.
    bool carries_coordinates(const Node& node) const
    {
        constexpr int64_t few = 4;
        return carries_values(node.op) ||
               (std::holds_alternative<MatMul>(node.op) && extent_along(node.inputs[0], -1) <= few);
    }

    /// Finds values that are only read as coordinates or angles, which are f32, or by nodes that compute such values.
    void find_coordinates()
    {
        std::vector<bool> has_other_reader(graph_.values.size());
        for (const ValueId id : graph_.outputs)
            has_other_reader[id] = true;
        for (auto place = graph_.nodes.rbegin(); place != graph_.nodes.rend(); ++place)
        {
            const Node& node = *place;
            const std::optional<size_t> f32_input = signature(node.op).f32_input;
            const bool continues = reads_angles(node.op) || (carries_coordinates(node) && gives_coordinates(node));
            for (size_t i = 0; i < node.inputs.size(); ++i)
            {
                const ValueId id = node.inputs[i];
                if (id == no_value)
                    continue;
                const bool is_coordinate = (continues || f32_input == i) && is_float(graph_.values[id].type);
                has_other_reader[id] = has_other_reader[id] || !is_coordinate;
                are_coordinates_[id] = !has_other_reader[id];
            }
        }
    }

    bool gives_coordinates(const Node& node) const
    {
        return std::ranges::all_of(node.outputs, [&](ValueId id) { return id == no_value || are_coordinates_[id]; });
    }

    /// True if one operand is wide and another is not: normalisation and addition bring values back into range.
    bool settles(const Node& node) const
    {
        const auto is_wide = [&](ValueId id) { return id != no_value && is_wide_[id]; };
        const auto is_narrow = [&](ValueId id) { return is_computed(id) && !is_wide_[id]; };
        return std::ranges::any_of(node.inputs, is_wide) && std::ranges::any_of(node.inputs, is_narrow);
    }

    const Graph& graph_;
    std::vector<bool> is_wide_;                             // by value
    std::vector<bool> is_small_;                            // by value: integers of at most 2048
    std::vector<bool> feeds_reduce_;                        // by value
    std::vector<bool> are_coordinates_;                     // by value: only read as f32
    std::map<std::pair<ValueId, size_t>, HalfLoss> losses_; // by value and rows
    MixedPrecision result_;
};

} // namespace

MixedPrecision find_mixed_precision(const Graph& graph, std::span<const ValueId> wide)
{
    return Decider(graph, wide).run();
}

} // namespace vkseg
