#include "vkseg/weights.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

constexpr double kept_by_rectifiers = 0.5; // share of the second moment that a rectifier keeps: He et al. 2015, eq. 8
constexpr double branch_gain = 0.3;        // gain of a residual branch: a hundred such sums grow the input e⁴-fold

/// Node that computes each value, and first node that reads it.
class Neighbours
{
public:
    explicit Neighbours(const Graph& graph) : graph_(graph), writer_(graph.values.size()), reader_(graph.values.size())
    {
        for (const Node& node : graph.nodes)
        {
            for (const ValueId id : node.outputs)
            {
                if (id != no_value)
                    writer_[id] = &node;
            }
            for (const ValueId id : node.inputs)
            {
                if (id != no_value && reader_[id] == nullptr)
                    reader_[id] = &node;
            }
        }
    }

    const Node* reader(ValueId id) const { return reader_[id]; }

    /// True if a node with weights computes the value, so that the weights determine its spread.
    bool is_weighted(ValueId id) const
    {
        const Node* node = writer_[id];
        return node != nullptr &&
               std::any_of(node->inputs.begin(), node->inputs.end(),
                           [&](ValueId input) { return input != no_value && graph_.values[input].is_weight; });
    }
    bool is_computed(ValueId id) const { return writer_[id] != nullptr; }

private:
    const Graph& graph_;
    std::vector<const Node*> writer_;
    std::vector<const Node*> reader_;
};

bool is_rectifier(UnaryKind kind)
{
    switch (kind)
    {
    case UnaryKind::relu:
    case UnaryKind::leaky_relu:
    case UnaryKind::elu:
    case UnaryKind::celu:
    case UnaryKind::clip:
    case UnaryKind::hard_swish:
    case UnaryKind::thresholded_relu:
    case UnaryKind::softplus:
    case UnaryKind::mish:
    case UnaryKind::gelu:
    case UnaryKind::gelu_tanh:
        return true;
    default:
        return false;
    }
}

/// Factor by which a layer should scale the spread of its input, so that the spread is the same again after the
/// operator that follows the layer.
double gain_of(const Node& layer, const Neighbours& neighbours)
{
    const Node* next = layer.outputs[0] == no_value ? nullptr : neighbours.reader(layer.outputs[0]);
    if (next == nullptr)
        return 1;
    if (const auto* unary = std::get_if<Unary>(&next->op))
        return is_rectifier(unary->kind) ? std::sqrt(1 / kept_by_rectifiers) : 1;
    const auto* binary = std::get_if<Binary>(&next->op);
    if (binary == nullptr || binary->kind != BinaryKind::add)
        return 1;
    const ValueId other = next->inputs[next->inputs[0] == layer.outputs[0] ? 1 : 0];
    return neighbours.is_computed(other) && !neighbours.is_weighted(other) ? branch_gain : 1;
}

double product(const Shape& shape, size_t first)
{
    double result = 1;
    for (size_t i = first; i < shape.rank(); ++i)
        result *= double(shape[i]);
    return result;
}

struct Interval
{
    double low = 0;
    double high = 0;
};

Interval around(double middle, double distance)
{
    return {middle - distance, middle + distance};
}

/// Interval of the weights of a sum over `terms` values.
Interval of_sum(double terms, double gain)
{
    return around(0, gain * std::sqrt(3 / std::max(terms, 1.0))); // the variance of (−a, a) is a² / 3
}

double sum_length(const Node& node, size_t input, const Shape& shape)
{
    if (const auto* transposed = std::get_if<ConvTranspose>(&node.op))
    {
        double strides = 1;
        for (const int64_t stride : transposed->window.strides)
            strides *= double(stride);
        return double(shape[0]) / double(transposed->groups) * product(shape, 2) / strides;
    }
    if (const auto* gemm = std::get_if<Gemm>(&node.op))
        return double(shape[(input == 0) != gemm->transpose_a ? 1 : 0]);
    if (std::holds_alternative<MatMul>(node.op))
        return double(input == 0 ? shape.back() : shape[shape.rank() - 2]);
    return product(shape, 1);
}

/// Interval from which the values of a weight are drawn, according to which input of the layer the weight is.
Interval range_of(const Node* node, ValueId id, const Shape& shape, const Neighbours& neighbours)
{
    constexpr Interval factor = {0.5, 1.5};
    if (node == nullptr)
        return factor;
    const size_t input = size_t(std::find(node->inputs.begin(), node->inputs.end(), id) - node->inputs.begin());
    const bool is_normalization = std::holds_alternative<BatchNormalization>(node->op) ||
                                  std::holds_alternative<InstanceNormalization>(node->op) ||
                                  std::holds_alternative<LayerNormalization>(node->op);
    if (is_normalization && input == 1)
    {
        const double gain = gain_of(*node, neighbours);
        return {0.8 * gain, 1.2 * gain};
    }
    if (is_normalization && input == 4) // the variance
        return around(1, 0.2);
    const bool is_addition =
        std::holds_alternative<Binary>(node->op) && std::get<Binary>(node->op).kind == BinaryKind::add;
    if (is_normalization || is_addition || (shape.rank() == 1 && input == 2))
        return around(0, 0.1);
    if (shape.rank() < 2 || std::holds_alternative<Binary>(node->op))
        return factor;
    return of_sum(sum_length(*node, input, shape), gain_of(*node, neighbours));
}

Tensor random_tensor(const Shape& shape, const Interval& range, uint64_t seed)
{
    std::vector<float> values(size_t(shape.elements()));
    const float middle = float((range.low + range.high) / 2);
    const float distance = float((range.high - range.low) / 2);
    uint64_t state = seed;
    for (float& value : values)
    {
        state = state * 6364136223846793005u + 1442695040888963407u; // Knuth's MMIX generator; use the high bits
        value = middle + distance * (float(int32_t(state >> 32)) * 0x1p-31f);
    }
    return Tensor::from(shape, std::move(values));
}

} // namespace

void invent_weights(Graph& graph, uint32_t seed)
{
    const auto is_wanted = [&](ValueId id)
    {
        const Value& value = graph.values[id];
        return value.is_weight && is_float(value.type) && value.has_shape && value.shape.is_known();
    };
    const Neighbours neighbours(graph);
    std::vector<ValueId> filled;
    for (const ValueId id : graph.inputs)
    {
        if (!is_wanted(id))
            continue;
        Value& weight = graph.values[id];
        const Interval range = range_of(neighbours.reader(id), id, weight.shape, neighbours);
        weight.constant = random_tensor(weight.shape, range, (uint64_t(seed) << 32) + id);
        weight.type = DType::f32;
        filled.push_back(id);
    }
    for (const ValueId id : filled)
        graph.values[id].is_weight = false; // cleared last: range_of() recognises layers by it
    std::erase_if(graph.inputs, [&](ValueId id) { return graph.values[id].constant.has_value(); });
}

} // namespace vkseg
