#include "base/text.hpp"
#include "ops/convolution/convolution.hpp"
#include "ops/elementwise/chain.hpp"
#include "runtime/fuse.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace vkseg {
namespace {

constexpr int lowest_byte = -128;
constexpr int byte_span = 255;

/// A value that a chain of elementwise functions rounds to integers and clips to at most 256 of them, times a scale.
struct RoundedValue
{
    ValueId result = no_value; ///< the chain's, which may have a multiplication after the clip
    Links links;               ///< the chain up to the clip
    float chain_scale = 1;     ///< the factor of that multiplication
    float scale = 1;           ///< the value's
    int zero_point = 0;        ///< zero point of the bytes that hold the integers
};

bool is_whole(float value)
{
    return value == std::nearbyint(value);
}

std::optional<float> constant_factor(const ChainStep& step)
{
    const auto* binary = std::get_if<Binary>(&step.function);
    const bool is_factor = binary != nullptr && binary->kind == BinaryKind::mul && step.operand < 0;
    return is_factor ? std::optional(step.constant) : std::nullopt;
}

/// True if a step reads the initial value again, which therefore must stay what it is.
bool rereads(const Chain& chain)
{
    return std::ranges::any_of(chain.steps, [](const ChainStep& step) { return step.operand == 0; });
}

ChainStep step_of(BinaryKind kind, float constant)
{
    return {.function = Binary{.kind = kind}, .constant = constant};
}

/// Steps from bytes to the floats that they stand for.
std::vector<ChainStep> dequantizing(int zero_point, float scale)
{
    std::vector<ChainStep> steps;
    if (zero_point != 0)
        steps.push_back(step_of(BinaryKind::add, -float(zero_point)));
    if (scale != 1 || steps.empty())
        steps.push_back(step_of(BinaryKind::mul, scale));
    return steps;
}

class ByteMultiplier
{
public:
    explicit ByteMultiplier(Graph& graph) : graph_(graph), producers_(find_producers(graph)) {}

    void run()
    {
        for (Node& node : graph_.nodes)
        {
            if (const auto* conv = std::get_if<Conv>(&node.op))
                convert(node, Conv(*conv));
        }
        if (bytes_.empty())
            return;
        insert_bytes();
        remove_unused_nodes(graph_);
        read_bytes();
        remove_unused_nodes(graph_);
        write_bytes();
        remove_unused_nodes(graph_);
    }

private:
    std::optional<RoundedValue> find_rounded(ValueId value) const
    {
        if (producers_[value] < 0)
            return std::nullopt;
        const std::optional<Links> links = links_of(graph_, graph_.nodes[size_t(producers_[value])]);
        if (!links)
            return std::nullopt;
        RoundedValue rounded = {.result = value, .links = *links};
        std::vector<ChainStep>& steps = rounded.links.chain.steps;
        if (const std::optional<float> factor = constant_factor(steps.back()))
        {
            rounded.chain_scale = rounded.scale = *factor;
            steps.pop_back();
        }
        if (steps.empty()) // another node rounds
        {
            std::optional<RoundedValue> integers = find_rounded(links->inputs[0]);
            if (!integers || integers->scale != 1)
                return std::nullopt;
            integers->scale = rounded.scale;
            return integers;
        }
        if (steps.size() < 2)
            return std::nullopt;
        const auto* clip = std::get_if<Unary>(&steps.back().function);
        const auto* round = std::get_if<Unary>(&steps[steps.size() - 2].function);
        if (clip == nullptr || round == nullptr || clip->kind != UnaryKind::clip || round->kind != UnaryKind::round ||
            !is_whole(clip->a) || !is_whole(clip->b) ||
            !(clip->a <= 0 && clip->b >= 0 && clip->b - clip->a <= byte_span))
            return std::nullopt;
        rounded.zero_point = lowest_byte - int(clip->a);
        return rounded;
    }

    /// The value of the integers as bytes; computed once.
    ValueId bytes_of(const RoundedValue& rounded)
    {
        const auto [found, is_new] = bytes_.try_emplace(rounded.result);
        if (!is_new)
            return found->second.id;
        const Value& value = graph_.values[rounded.result];
        Links links = rounded.links;
        links.chain.makes_bytes = true;
        // Clips to all bytes instead, which makes room for another step.
        const auto clip = std::get<Unary>(links.chain.steps.back().function);
        if (clip.b - clip.a == byte_span)
            links.chain.steps.pop_back();
        if (rounded.zero_point != 0)
            links.chain.steps.push_back(step_of(BinaryKind::add, float(rounded.zero_point)));
        std::vector<TensorInfo> infos = infos_of(graph_, graph_.nodes[size_t(producers_[rounded.result])]);
        if (links.chain.steps.size() <= max_chain_steps && infer(links.chain, infos).is_ok())
        {
            const std::string name = printable(value.name) + " (bytes)";
            const Shape shape = value.shape;
            found->second.id =
                graph_.add_value({.name = name, .type = DType::i8, .shape = shape, .has_shape = true, .constant = {}});
            found->second.links = std::move(links);
            found->second.back = dequantizing(rounded.zero_point, rounded.chain_scale);
        }
        return found->second.id;
    }

    /// Bytes of constant weights and their scales; nullopt if these are not such.
    std::optional<std::pair<Tensor, std::vector<float>>> quantized_weights(ValueId id) const
    {
        const Value& value = graph_.values[id];
        if (!value.constant || value.constant->type() != DType::f32)
            return std::nullopt;
        const auto outputs = size_t(value.shape[0]);
        std::vector<float> scales = value.scales.empty() ? std::vector<float>{1} : value.scales;
        if (scales.size() == 1)
            scales.resize(outputs, scales[0]);
        if (scales.size() != outputs)
            return std::nullopt;
        const std::span<const float> floats = value.constant->floats();
        std::vector<std::byte> bytes;
        for (size_t i = 0; i < floats.size(); ++i)
        {
            const float scale = scales[i / (floats.size() / outputs)];
            const float integer = std::nearbyint(floats[i] / scale);
            if (!(integer >= -128 && integer <= 127) || integer * scale != floats[i])
                return std::nullopt;
            bytes.push_back(std::byte(int8_t(integer)));
        }
        return std::pair(Tensor::from_bytes(DType::i8, value.shape, std::move(bytes)), std::move(scales));
    }

    void convert(Node& node, const Conv& conv)
    {
        if (conv.has_scale || conv.has_computed_weights || !is_fused_by_convolutions(conv.activation.kind) ||
            graph_.values[node.inputs[0]].shape.rank() > 4)
            return;
        const std::optional<RoundedValue> rounded = find_rounded(node.inputs[0]);
        const auto weights = rounded ? quantized_weights(node.inputs[1]) : std::nullopt;
        if (!weights)
            return;
        const size_t trailing = size_t(conv.has_residual);
        const ValueId bias = node.inputs.size() == 3 + trailing ? node.inputs[2] : no_value;
        std::vector<float> biases(weights->second.size());
        std::vector<float> factors = weights->second;
        for (float& factor : factors)
            factor *= rounded->scale;
        if (bias != no_value)
            biases = graph_.values[bias].constant->to_floats();
        // Integers in place of floats: the bias is an integer, too, so that it is added before the sum is scaled.
        const bool is_integer = conv.is_exact && std::ranges::all_of(factors, [](float factor) { return factor == 1; });
        std::vector<int32_t> starts(biases.size());
        if (is_integer)
        {
            std::ranges::transform(biases, starts.begin(), [](float value) { return int32_t(value); });
            std::ranges::fill(biases, 0.0f);
        }
        const ByteConv op = {.window = conv.window,
                             .groups = conv.groups,
                             .x_zero_point = rounded->zero_point,
                             .activation = conv.activation,
                             .has_residual = conv.has_residual,
                             .adds_residual_last = conv.adds_residual_last,
                             .y = {}};
        const Shape channels = {int64_t(biases.size())};
        const auto words = std::as_bytes(std::span(starts));
        const Tensor parameters[] = {
            weights->first, Tensor::from_bytes(DType::i32, channels, {words.begin(), words.end()}),
            Tensor::from(channels, std::move(factors)), Tensor::from(channels, std::move(biases))};
        std::vector<TensorInfo> infos = infos_of(graph_, node);
        std::vector<TensorInfo> replaced = {{.type = DType::i8, .shape = infos[0].shape}};
        for (const Tensor& parameter : parameters)
            replaced.push_back({.type = parameter.type(), .shape = parameter.shape(), .constant = &parameter});
        if (conv.has_residual)
            replaced.push_back(infos.back());
        if (!infer(op, replaced).is_ok())
            return;
        std::vector<ValueId> inputs = {bytes_of(*rounded)};
        if (inputs[0] == no_value)
            return;
        for (const Tensor& parameter : parameters)
            inputs.push_back(graph_.add_constant(printable(node.name) + " (bytes)", parameter));
        if (conv.has_residual)
            inputs.push_back(node.inputs.back());
        node.op = op;
        node.inputs = std::move(inputs);
    }

    /// Puts a node that computes bytes, and one back to floats for readers of these, in place of each that rounds.
    void insert_bytes()
    {
        std::vector<Node> nodes;
        for (Node& node : graph_.nodes)
        {
            const auto found = node.outputs.size() == 1 ? bytes_.find(node.outputs[0]) : bytes_.end();
            if (found == bytes_.end() || found->second.id == no_value)
            {
                nodes.push_back(std::move(node));
                continue;
            }
            const Bytes& bytes = found->second;
            nodes.push_back(
                {.name = node.name, .op = bytes.links.chain, .inputs = bytes.links.inputs, .outputs = {bytes.id}});
            node.op = Chain{.steps = bytes.back};
            node.inputs = {bytes.id};
            nodes.push_back(std::move(node));
        }
        graph_.nodes = std::move(nodes);
    }

    /// Lets chains read bytes themselves instead of floats that another node makes of them.
    void read_bytes()
    {
        const std::vector<int> producers = find_producers(graph_);
        for (Node& node : graph_.nodes)
        {
            const std::optional<Links> links = links_of(graph_, node);
            const int producer = links ? producers[links->inputs[0]] : -1;
            if (producer < 0)
                continue;
            const Node& first = graph_.nodes[size_t(producer)];
            const auto* chain = std::get_if<Chain>(&first.op);
            if (chain == nullptr || graph_.values[first.inputs[0]].type != DType::i8)
                continue;
            Links joined = {.chain = *chain, .inputs = links->inputs};
            joined.chain.makes_bytes = links->chain.makes_bytes;
            joined.inputs[0] = first.inputs[0];
            const std::vector<ChainStep>& steps = links->chain.steps;
            joined.chain.steps.insert(joined.chain.steps.end(), steps.begin(), steps.end());
            Node next = {.name = node.name, .op = joined.chain, .inputs = joined.inputs, .outputs = node.outputs};
            if (rereads(links->chain) || joined.chain.steps.size() > max_chain_steps ||
                !infer(next.op, infos_of(graph_, next)).is_ok())
                continue;
            node = std::move(next);
        }
    }

    /// Lets convolutions scale, activate and quantise their results, in place of the chains that read them.
    void write_bytes()
    {
        const std::vector<int> producers = find_producers(graph_);
        const std::vector<int> readers = count_readers(graph_);
        for (Node& node : graph_.nodes)
        {
            std::optional<Links> links = links_of(graph_, node);
            const ValueId x = links ? links->inputs[0] : no_value;
            if (x == no_value || producers[x] < 0 || readers[x] != 1 || rereads(links->chain) ||
                graph_.values[x].shape != graph_.values[node.outputs[0]].shape)
                continue;
            Node& conv = graph_.nodes[size_t(producers[x])];
            if (!std::holds_alternative<ByteConv>(conv.op))
                continue;
            const size_t count = links->chain.steps.size();
            const bool is_absorbed = absorb(conv, *links);
            if (!is_absorbed && links->chain.steps.size() < count)
            {
                node.op = links->chain;
                node.inputs = links->inputs;
            }
            if (!is_absorbed)
                continue;
            conv.outputs = node.outputs;
            node.outputs = {no_value};
        }
    }

    /// Moves leading steps of a chain into the convolution; true if no step remains.
    bool absorb(Node& conv, Links& links)
    {
        auto& op = std::get<ByteConv>(conv.op);
        std::vector<ChainStep>& steps = links.chain.steps;
        if (op.activation.kind == UnaryKind::identity && !op.has_residual)
        {
            if (absorb_factor(conv, links))
                steps.erase(steps.begin());
            const auto* unary = steps.empty() ? nullptr : std::get_if<Unary>(&steps.front().function);
            if (unary != nullptr && is_fused_by_convolutions(unary->kind))
            {
                op.activation = {.kind = unary->kind, .a = unary->a, .b = unary->b};
                steps.erase(steps.begin());
            }
        }
        if (steps.empty() || !links.chain.makes_bytes)
            return steps.empty();
        const std::optional<Quantization> y = quantization_of(steps);
        if (y)
            op.y = *y;
        return y.has_value();
    }

    /// True if the first step multiplies sums by a constant, or by one for each channel, which the convolution does
    /// now.
    bool absorb_factor(Node& conv, Links& links)
    {
        const ChainStep step = links.chain.steps.front();
        const auto* binary = std::get_if<Binary>(&step.function);
        const auto is_all = [&](ValueId id, float wanted)
        {
            const std::vector<float> values = graph_.values[id].constant->to_floats();
            return std::ranges::all_of(values, [&](float value) { return value == wanted; });
        };
        if (binary == nullptr || binary->kind != BinaryKind::mul || step.operand == 0 || !is_all(conv.inputs[3], 1) ||
            !is_all(conv.inputs[4], 0))
            return false;
        const Shape channels = graph_.values[conv.inputs[3]].shape;
        std::vector<float> factors(size_t(channels[0]), step.constant);
        if (step.operand > 0)
        {
            const auto place = size_t(step.operand);
            const Value& factor = graph_.values[links.inputs[place]];
            Shape expected = graph_.values[conv.outputs[0]].shape;
            for (size_t axis = 0; axis < expected.rank(); ++axis)
                expected[axis] = axis == 1 ? channels[0] : 1;
            const bool is_shared = std::ranges::count(links.chain.steps, step.operand, &ChainStep::operand) > 1;
            if (!factor.constant || factor.shape != expected || is_shared)
                return false;
            factors = factor.constant->to_floats();
            links.inputs.erase(links.inputs.begin() + step.operand);
            for (ChainStep& other : links.chain.steps)
                other.operand -= int(other.operand > step.operand);
        }
        conv.inputs[3] =
            graph_.add_constant(printable(conv.name) + " (factors)", Tensor::from(channels, std::move(factors)));
        return true;
    }

    /// The quantisation that the steps amount to: division by a scale, rounding, addition of a zero point.
    static std::optional<Quantization> quantization_of(std::span<const ChainStep> steps)
    {
        Quantization y;
        const auto take = [&](BinaryKind kind) -> std::optional<float>
        {
            const auto* binary = steps.empty() ? nullptr : std::get_if<Binary>(&steps.front().function);
            if (binary == nullptr || binary->kind != kind || steps.front().operand >= 0 || steps.front().is_second)
                return std::nullopt;
            const float constant = steps.front().constant;
            steps = steps.subspan(1);
            return constant;
        };
        if (const std::optional<float> scale = take(BinaryKind::div))
            y.scale = *scale;
        const auto* round = steps.empty() ? nullptr : std::get_if<Unary>(&steps.front().function);
        if (round == nullptr || round->kind != UnaryKind::round || !(y.scale > 0))
            return std::nullopt;
        steps = steps.subspan(1);
        if (const std::optional<float> zero_point = take(BinaryKind::add))
            y.zero_point = int(*zero_point);
        return steps.empty() ? std::optional(y) : std::nullopt;
    }

    /// Bytes of a value that is rounded.
    struct Bytes
    {
        ValueId id = no_value; ///< no_value: its chain cannot make bytes
        Links links;
        std::vector<ChainStep> back; ///< to the value
    };

    Graph& graph_;
    const std::vector<int> producers_;
    std::map<ValueId, Bytes> bytes_;
};

} // namespace

void multiply_bytes(Graph& graph)
{
    ByteMultiplier(graph).run();
}

} // namespace vkseg
