#include "runtime/fuse.hpp"
#include "runtime/specialize.hpp"

namespace vkseg {
namespace {

/// With fewer rows, most of a tile of the convolution kernels is idle.
constexpr int64_t min_rows = 4;

bool has_whole_blocks(const Shape& weights)
{
    return weights.rank() == 2 && weights[0] % 4 == 0 && weights[1] % 4 == 0;
}

/// Makes a product with constant weights the operator for that. Valid entries of a tensor limit the launches of matrix
/// products only.
void connect(const Graph& graph, Node& node)
{
    const auto* gemm = std::get_if<Gemm>(&node.op);
    const auto* mat_mul = std::get_if<MatMul>(&node.op);
    if ((gemm == nullptr && mat_mul == nullptr) || node.outputs[0] == no_value)
        return;
    const Value& x = graph.values[node.inputs[0]];
    const Value& weights = graph.values[node.inputs[1]];
    if (x.constant || x.valid || x.shape.rank() < 2 || !weights.constant || !has_whole_blocks(weights.shape))
        return;
    bool has_inputs_first = true;
    if (gemm != nullptr)
    {
        const int64_t outputs = weights.shape[gemm->transpose_b ? 0 : 1];
        const bool has_addend = node.inputs.size() > 2 && node.inputs[2] != no_value;
        const Value* addend = has_addend ? &graph.values[node.inputs[2]] : nullptr;
        const bool is_bias = addend == nullptr || (addend->constant && addend->shape == Shape{outputs});
        if (gemm->alpha != 1 || gemm->transpose_a || !is_bias || (has_addend && gemm->beta != 1))
            return;
        has_inputs_first = !gemm->transpose_b;
    }
    if (x.shape.elements() / x.shape.back() < min_rows)
        return;
    node.op = FullyConnected{.has_inputs_first = has_inputs_first,
                             .is_exact = mat_mul != nullptr && mat_mul->max_exact_depth > 0};
}

/// Makes the constant term of `sum` the bias of the product that computes its other term and has no other reader.
void absorb_bias(Graph& graph, Node& sum, std::span<const int> readers, std::span<const int> producers)
{
    const auto* binary = std::get_if<Binary>(&sum.op);
    if (binary == nullptr || binary->kind != BinaryKind::add || sum.outputs[0] == no_value)
        return;
    for (const size_t term : {0, 1})
    {
        const ValueId product = sum.inputs[term];
        const Value bias = graph.values[sum.inputs[1 - term]];
        if (producers[product] < 0 || readers[product] != 1 || !bias.constant || bias.shape.rank() == 0)
            continue;
        Node& node = graph.nodes[size_t(producers[product])];
        if (!std::holds_alternative<FullyConnected>(node.op) || node.inputs.size() > 2)
            continue;
        const int64_t outputs = graph.values[product].shape.back();
        if (bias.shape.elements() != outputs || bias.shape.back() != outputs ||
            bias.shape.rank() > graph.values[product].shape.rank() || !is_float(bias.type))
            continue;
        node.inputs.push_back(graph.add_constant(bias.name, bias.constant->reshaped({outputs})));
        node.outputs[0] = sum.outputs[0];
        sum.outputs[0] = no_value;
        return;
    }
}

} // namespace

void fuse_products(Graph& graph)
{
    for (Node& node : graph.nodes)
        connect(graph, node);
    const std::vector<int> readers = count_readers(graph);
    const std::vector<int> producers = find_producers(graph);
    for (Node& node : graph.nodes)
        absorb_bias(graph, node, readers, producers);
}

} // namespace vkseg
