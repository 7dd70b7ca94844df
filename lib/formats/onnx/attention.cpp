// Attention (Vaswani 2017) and rotary embeddings (Su 2021).
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"
#include "vkseg/graph.hpp"

#include <limits>

namespace vkseg::onnx {
namespace {

constexpr float lowest = std::numeric_limits<float>::lowest();

/// -infinity where a boolean is false, otherwise 0. The first constant keeps the node in f32, which has infinities,
/// also if the session is in f16.
ValueId bias_of(NodeReader& node, ValueId is_allowed)
{
    const ValueId half_bias = node.append(Where{}, {is_allowed, real(node, 0), real(node, lowest)});
    return binary(node, BinaryKind::mul, half_bias, real(node, 2));
}

/// The graph mask → bias of the mask.
std::shared_ptr<const Graph> bias_branch(bool is_boolean)
{
    auto graph = std::make_shared<Graph>();
    const ValueId mask = graph->add_input("mask", is_boolean ? DType::boolean : DType::f32, {});
    graph->values[mask].has_shape = false;
    ValueId bias = no_value;
    if (is_boolean)
    {
        const auto constant = [&](const char* name, float value)
        { return graph->add_constant(name, Tensor::from(Shape{}, {value})); };
        const ValueId half_bias =
            graph->add_node("half bias", Where{}, {mask, constant("zero", 0), constant("lowest", lowest)});
        bias = graph->add_node("bias", Binary{.kind = BinaryKind::mul}, {half_bias, constant("two", 2)});
    }
    else
    {
        bias = graph->add_node("bias", Cast{.to = DType::f32}, {mask});
    }
    graph->outputs = {bias};
    return graph;
}

/// The bias of a mask of booleans or floats: 1/2 in its type tells which, because it is true if cast to bool.
ValueId bias_of_mask(NodeReader& node, ValueId mask)
{
    const ValueId half = node.append(Cast{.to = DType::f32}, {cast_like(node, real(node, 0.5f), mask)});
    const ValueId is_boolean = binary(node, BinaryKind::equal, half, real(node, 1));
    return node.append(If{.then_branch = bias_branch(true), .else_branch = bias_branch(false)}, {is_boolean, mask});
}

class AttentionReader
{
public:
    explicit AttentionReader(NodeReader& node) : node_(node) {}
    void read();

private:
    enum class Scores : uint8_t
    {
        product,
        capped,
        biased,
        probabilities
    };

    ValueId heads_of(size_t input, int64_t heads);
    ValueId with_past(ValueId x, size_t past, size_t present);
    ValueId scaled(ValueId q);
    ValueId causal_bias(ValueId q, ValueId k);
    std::optional<ValueId> bias(ValueId q, ValueId k);
    void emit_scores(Scores which, ValueId scores);

    NodeReader& node_;
    bool has_bias_rows_without_keys_ = false; ///< a row of the bias may be −infinity throughout
    Scores wanted_scores_ = Scores::product;
};

/// [B,L,heads·E] as [B,heads,L,E]; without `heads` the input has this shape.
ValueId AttentionReader::heads_of(size_t input, int64_t heads)
{
    if (heads == 0)
        return node_.input(input);
    const ValueId split = reshaped(node_, node_.input(input), Integers{0, 0, heads, -1});
    return node_.append(Transpose{.permutation = {0, 2, 1, 3}}, {split});
}

ValueId AttentionReader::with_past(ValueId x, size_t past, size_t present)
{
    const ValueId all = node_.has_input(past) ? concat(node_, {node_.input(past), x}, 2) : x;
    if (node_.is_wanted(present))
        node_.emit_output(present, Unary{.kind = UnaryKind::identity}, {all});
    return all;
}

ValueId AttentionReader::scaled(ValueId q)
{
    if (node_.has("scale"))
        return binary(node_, BinaryKind::mul, q, cast_like(node_, real(node_, node_.real("scale", 1)), q));
    const ValueId size = node_.append(Cast{.to = DType::f32}, {extent(node_, q, 3)});
    const ValueId scale = unary(node_, UnaryKind::reciprocal, unary(node_, UnaryKind::sqrt, size));
    return binary(node_, BinaryKind::mul, q, scale);
}

/// Query i sees the keys up to i + the number of those before the first query.
ValueId AttentionReader::causal_bias(ValueId q, ValueId k)
{
    const ValueId queries = extent(node_, q, 2);
    ValueId first = integer(node_, 0);
    if (node_.has_input(4))
        first = extent(node_, node_.input(4), 2);
    else if (node_.has_input(6))
        first = binary(node_, BinaryKind::sub, reshaped(node_, node_.input(6), Integers{-1, 1, 1, 1}), queries);
    const ValueId rows = unsqueezed(node_, range(node_, queries), {1});
    const ValueId last_seen = binary(node_, BinaryKind::add, rows, first);
    const ValueId keys = range(node_, extent(node_, k, 2));
    return bias_of(node_, binary(node_, BinaryKind::less_or_equal, keys, last_seen));
}

std::optional<ValueId> AttentionReader::bias(ValueId q, ValueId k)
{
    std::optional<ValueId> sum;
    const auto add = [&](ValueId term) { sum = sum ? binary(node_, BinaryKind::add, *sum, term) : term; };
    const ValueId keys = extent(node_, k, 2);
    if (node_.has_input(3))
    {
        ValueId mask = bias_of_mask(node_, node_.input(3));
        constexpr int64_t may_be_short_since = 24;
        if (node_.opset() >= may_be_short_since)
        {
            const ValueId missing = binary(node_, BinaryKind::sub, keys, extent(node_, mask, -1));
            const ValueId pads = concat(node_, {integers(node_, {0}), missing});
            mask = node_.append(Pad{.value = -std::numeric_limits<float>::infinity(), .axes = {-1}}, {mask, pads});
        }
        add(mask);
    }
    if (node_.flag("is_causal", false))
        add(causal_bias(q, k));
    if (node_.has_input(6))
    {
        const ValueId lengths = reshaped(node_, node_.input(6), Integers{-1, 1, 1, 1});
        add(bias_of(node_, binary(node_, BinaryKind::less, range(node_, keys), lengths)));
    }
    has_bias_rows_without_keys_ = node_.has_input(3) || node_.has_input(6);
    return sum;
}

void AttentionReader::emit_scores(Scores which, ValueId scores)
{
    if (which == wanted_scores_ && node_.is_wanted(3))
        node_.emit_output(3, Unary{.kind = UnaryKind::identity}, {scores});
}

void AttentionReader::read()
{
    constexpr std::array modes = {Scores::product, Scores::capped, Scores::biased, Scores::probabilities};
    const int64_t mode = node_.integer("qk_matmul_output_mode", 0);
    node_.ignore("softmax_precision"); // f32
    const int64_t query_heads = node_.integer("q_num_heads", 0);
    const int64_t key_heads = node_.integer("kv_num_heads", 0);
    if (mode < 0 || mode >= int64_t(modes.size()) || query_heads < 0 || (query_heads == 0) != (key_heads == 0) ||
        key_heads < 0)
    {
        node_.invalid("attributes: expected 'qk_matmul_output_mode' from 0 to 3, and 'q_num_heads' and "
                      "'kv_num_heads' above 0, or neither");
        return;
    }
    wanted_scores_ = modes[size_t(mode)];
    const ValueId q = heads_of(0, query_heads);
    const ValueId k = with_past(heads_of(1, key_heads), 4, 1);
    const ValueId v = with_past(heads_of(2, key_heads), 5, 2);

    // The queries of all heads that share a key's head stand one below the other, so that keys need not be repeated.
    // Their number does not fit if the keys' heads do not divide the queries'.
    const ValueId sharing = binary(node_, BinaryKind::div, extent(node_, q, 1), extent(node_, k, 1));
    const ValueId rows_of_head = binary(node_, BinaryKind::mul, sharing, extent(node_, q, 2));
    const auto shared = [&](ValueId x) {
        return reshaped(node_, x, concat(node_, {extents(node_, k, 0, 2), rows_of_head, extent(node_, x, 3)}));
    };
    const auto apart = [&](ValueId x) {
        return reshaped(node_, x, concat(node_, {extents(node_, q, 0, 3), extent(node_, x, 3)}));
    };
    const ValueId keys = node_.append(Transpose{.permutation = {0, 1, 3, 2}}, {k});
    ValueId scores = apart(node_.append(MatMul{}, {shared(scaled(q)), keys}));
    emit_scores(Scores::product, scores);
    if (const float cap = node_.real("softcap", 0); cap > 0)
    {
        const ValueId limit = real(node_, cap);
        const ValueId bent = unary(node_, UnaryKind::tanh, binary(node_, BinaryKind::div, scores, limit));
        scores = binary(node_, BinaryKind::mul, bent, limit);
    }
    emit_scores(Scores::capped, scores);
    const std::optional<ValueId> added = bias(q, k);
    if (added)
        scores = binary(node_, BinaryKind::add, scores, *added);
    emit_scores(Scores::biased, scores);
    ValueId probabilities = node_.append(Softmax{.axis = -1}, {scores});
    if (added && has_bias_rows_without_keys_)
    {
        const ValueId highest = reduced(node_, ReduceKind::max, *added, {-1});
        const ValueId sees_none = binary(node_, BinaryKind::less, highest, real(node_, lowest));
        probabilities = node_.append(Where{}, {sees_none, cast_like(node_, real(node_, 0), q), probabilities});
    }
    emit_scores(Scores::probabilities, probabilities);
    const ValueId y = apart(node_.append(MatMul{}, {shared(probabilities), v}));
    if (query_heads == 0)
    {
        node_.emit_output(0, Unary{.kind = UnaryKind::identity}, {y});
        return;
    }
    const ValueId rows = node_.append(Transpose{.permutation = {0, 2, 1, 3}}, {y});
    node_.emit_output(0, Reshape{.shape = {0, 0, -1}}, {rows});
}

void read_attention(NodeReader& node)
{
    AttentionReader(node).read();
}

void read_rotary_embedding(NodeReader& node)
{
    const bool is_interleaved = node.flag("interleaved", false);
    const int64_t turned = node.integer("rotary_embedding_dim", 0);
    const int64_t heads = node.integer("num_heads", 0);
    if (turned < 0 || turned % 2 != 0 || heads < 0)
    {
        node.invalid("attributes: expected an even 'rotary_embedding_dim' and 'num_heads', neither below 0");
        return;
    }
    const ValueId x = node.input(0); // [B,heads,L,E], or [B,L,heads·E] with num_heads
    const ValueId rows = heads > 0 ? reshaped(node, x, Integers{0, 0, heads, -1}) : x;
    const int64_t head_axis = heads > 0 ? 2 : 1;
    const auto slice = [&](ValueId value, int64_t start, int64_t end, int64_t step)
    { return node.append(Slice{.starts = {start}, .ends = {end}, .axes = {-1}, .steps = {step}}, {value}); };
    constexpr int64_t to_end = INT64_MAX;
    const ValueId part = turned > 0 ? slice(rows, 0, turned, 1) : rows;
    const auto angles = [&](size_t input)
    {
        const ValueId cache = node.input(input);
        return unsqueezed(node, node.has_input(3) ? node.append(Gather{.axis = 0}, {cache, node.input(3)}) : cache,
                          {head_axis});
    };
    const ValueId cosine = angles(1);
    const ValueId sine = angles(2);
    ValueId real_part = no_value;
    ValueId imaginary_part = no_value;
    if (is_interleaved)
    {
        real_part = slice(part, 0, to_end, 2);
        imaginary_part = slice(part, 1, to_end, 2);
    }
    else
    {
        const ValueId half = binary(node, BinaryKind::div, extent(node, part, -1), integer(node, 2));
        const ValueId axes = integers(node, {-1});
        real_part = node.append(Slice{}, {part, integers(node, {0}), half, axes});
        imaginary_part = node.append(Slice{}, {part, half, integers(node, {to_end}), axes});
    }
    const auto product = [&](ValueId a, ValueId b) { return binary(node, BinaryKind::mul, a, b); };
    const ValueId real_turned =
        binary(node, BinaryKind::sub, product(cosine, real_part), product(sine, imaginary_part));
    const ValueId imaginary_turned =
        binary(node, BinaryKind::add, product(sine, real_part), product(cosine, imaginary_part));
    ValueId y = no_value;
    if (is_interleaved)
        y = reshaped(node,
                     concat(node, {unsqueezed(node, real_turned, {-1}), unsqueezed(node, imaginary_turned, {-1})}, -1),
                     extents(node, part));
    else
        y = concat(node, {real_turned, imaginary_turned}, -1);
    if (turned > 0)
        y = concat(node, {y, slice(rows, turned, to_end, 1)}, -1);
    node.emit(Reshape{}, {y, extents(node, x)});
}

constexpr OperatorReader attention_readers[] = {
    {"Attention", read_attention, 3, 7, 4},
    {"RotaryEmbedding", read_rotary_embedding, 3, 4},
};

} // namespace

std::span<const OperatorReader> attention_operators()
{
    return attention_readers;
}

} // namespace vkseg::onnx
