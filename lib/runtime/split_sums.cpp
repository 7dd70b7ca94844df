#include "base/div_ceil.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "ops/convolution/transposed_phases.hpp"
#include "ops/loop_turns.hpp"
#include "runtime/fuse.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace vkseg {
namespace {

constexpr int64_t max_turns = Limits().max_loop_turns; // on every device
constexpr int64_t values_per_part = 128;               // budget charge for the nodes of a part

/// Input channels of a convolution, or terms of a product, from `begin` up to `end`.
struct Part
{
    int64_t begin = 0;
    int64_t end = 0;
};

std::string name_of(const Node& node, const Part& part)
{
    return node.name + " (inputs " + std::to_string(part.begin) + " to " + std::to_string(part.end - 1) + ")";
}

/// Fails if the budget does not cover the parts.
Status charge(const Node& node, const std::vector<Part>& parts, FoldingBudget& budget)
{
    if (budget.spend(int64_t(parts.size()) * values_per_part))
        return {};
    return Status(StatusCode::out_of_memory, describe(node) +
                                                 ": its sums are too long for one kernel and need too many parts; " +
                                                 more_memory_hint(budget.max_memory_bytes()));
}

struct Convolution
{
    size_t input_axis = 1; ///< axis of the weights
    Activation activation;
    Integers taps; ///< number of taps along each axis that an output sums
};

/// The convolution, if it may be computed in parts.
std::optional<Convolution> as_convolution(const Op& op, Inputs inputs)
{
    if (const auto* conv = std::get_if<Conv>(&op);
        conv && conv->groups == 1 && !conv->has_computed_weights && !conv->has_scale && !conv->has_residual)
    {
        const Shape& weights = inputs[1].shape;
        return Convolution{
            .input_axis = 1, .activation = conv->activation, .taps = {weights.begin() + 2, weights.end()}};
    }
    if (const auto* conv = std::get_if<ConvTranspose>(&op); conv && conv->groups == 1)
    {
        Result<Integers> taps = summed_taps(*conv, inputs);
        if (taps.is_ok()) // otherwise planning reports the error
            return Convolution{.input_axis = 0, .activation = conv->activation, .taps = *std::move(taps)};
    }
    return std::nullopt;
}

std::vector<Part> find_parts(const Convolution& convolution, const Shape& weights)
{
    const int64_t inputs = weights[convolution.input_axis];
    const int64_t turns = count_convolution_turns(div_ceil(inputs, 4), convolution.taps);
    const int64_t parts = div_ceil(turns, max_turns);
    const int64_t step = div_ceil(div_ceil(inputs, 4), parts) * 4; // whole blocks, which can be sliced without a copy
    std::vector<Part> result;
    for (int64_t begin = 0; begin < inputs; begin += step)
        result.push_back({.begin = begin, .end = std::min(begin + step, inputs)});
    return result;
}

/// Appends nodes that replace one node. Their values have known shapes.
class Replacement
{
public:
    Replacement(Graph& graph, std::vector<Node>& nodes) : graph_(graph), nodes_(nodes) {}

    ValueId append(const std::string& name, Op op, std::vector<ValueId> inputs, const Shape& shape,
                   DType type = DType::f32)
    {
        const ValueId id =
            graph_.add_value({.name = name, .type = type, .shape = shape, .has_shape = true, .constant = {}});
        nodes_.push_back({.name = name, .op = std::move(op), .inputs = std::move(inputs), .outputs = {id}});
        return id;
    }
    /// Makes the last node compute `output`.
    void finish(ValueId output) { nodes_.back().outputs = {output}; }

private:
    Graph& graph_;
    std::vector<Node>& nodes_;
};

/// Slices of weights, each made once, however many convolutions share the weights.
class WeightSlices
{
public:
    ValueId find(Graph& graph, ValueId weights, const Convolution& convolution, const Part& part)
    {
        const auto [slice, is_new] =
            slices_.try_emplace({weights, convolution.input_axis, part.begin, part.end}, no_value);
        if (is_new)
        {
            const Value& value = graph.values[weights];
            const std::string name = printable(value.name) + " (inputs " + std::to_string(part.begin) + " to " +
                                     std::to_string(part.end - 1) + ")";
            slice->second =
                graph.add_constant(name, value.constant->entries(convolution.input_axis, part.begin, part.end));
        }
        return slice->second;
    }

private:
    std::map<std::tuple<ValueId, size_t, int64_t, int64_t>, ValueId> slices_;
};

/// The entries of a value in the part along one axis; those of a constant are a constant.
ValueId append_slice(Replacement& replacement, Graph& graph, const std::string& name, ValueId id, size_t axis,
                     const Part& part)
{
    const Value& value = graph.values[id];
    if (value.constant)
        return graph.add_constant(name, value.constant->entries(axis, part.begin, part.end));
    Shape shape = value.shape;
    shape[axis] = part.end - part.begin;
    return replacement.append(
        name, Slice{.starts = {part.begin}, .ends = {part.end}, .axes = {int64_t(axis)}, .steps = {}}, {id}, shape);
}

void append_parts(Graph& graph, const Node& node, const Convolution& convolution, const std::vector<Part>& parts,
                  WeightSlices& slices, std::vector<Node>& nodes)
{
    Replacement replacement(graph, nodes);
    const Shape shape = graph.values[node.outputs[0]].shape;
    ValueId sum = no_value;
    for (const Part& part : parts)
    {
        const std::string name = name_of(node, part);
        const ValueId x = append_slice(replacement, graph, name + ", slice", node.inputs[0], 1, part);
        std::vector<ValueId> inputs = {x, slices.find(graph, node.inputs[1], convolution, part)};
        if (sum == no_value)
            inputs.insert(inputs.end(), node.inputs.begin() + 2, node.inputs.end()); // the bias
        Op op = node.op;
        std::visit(
            [](auto& conv)
            {
                if constexpr (requires { conv.activation; })
                    conv.activation = {};
            },
            op);
        const ValueId y = replacement.append(name, std::move(op), std::move(inputs), shape);
        sum = sum == no_value ? y : replacement.append(name + ", sum", Binary{}, {sum, y}, shape);
    }
    const Activation& activation = convolution.activation;
    if (activation.kind != UnaryKind::identity)
        replacement.append(node.name + " (activation)",
                           Unary{.kind = activation.kind, .a = activation.a, .b = activation.b}, {sum}, shape);
    replacement.finish(node.outputs[0]);
}

/// The product of matrices of integers as a sum of integers: each part is exact in f32. Returns the sum.
ValueId append_product(Graph& graph, const Node& node, const std::vector<Part>& parts, std::vector<Node>& nodes)
{
    Replacement replacement(graph, nodes);
    const size_t a_rank = graph.values[node.inputs[0]].shape.rank();
    const size_t b_rank = graph.values[node.inputs[1]].shape.rank();
    const Shape shape = graph.values[node.outputs[0]].shape;
    ValueId sum = no_value;
    for (const Part& part : parts)
    {
        const std::string name = name_of(node, part);
        const ValueId a = append_slice(replacement, graph, name + ", left", node.inputs[0], a_rank - 1, part);
        const ValueId b = append_slice(replacement, graph, name + ", right", node.inputs[1],
                                       b_rank - std::min<size_t>(b_rank, 2), part);
        const ValueId floats = replacement.append(name, node.op, {a, b}, shape);
        const ValueId integers =
            replacement.append(name + ", integers", Cast{.to = DType::i32}, {floats}, shape, DType::i32);
        sum = sum == no_value ? integers
                              : replacement.append(name + ", sum", Binary{}, {sum, integers}, shape, DType::i32);
    }
    return sum;
}

} // namespace

Status split_exact_products(Graph& graph, FoldingBudget& budget)
{
    std::vector<Node> nodes;
    std::map<ValueId, ValueId> sums; // as integers, by the product
    for (Node& node : graph.nodes)
    {
        const auto* const cast = std::get_if<Cast>(&node.op);
        if (cast != nullptr && cast->to == DType::i32 && sums.contains(node.inputs[0]))
            node.inputs[0] = sums.at(node.inputs[0]); // the product as floats may have been rounded
        const auto* const product = std::get_if<MatMul>(&node.op);
        const int64_t limit = product == nullptr ? 0 : product->max_exact_depth;
        const int64_t depth = limit == 0 ? 0 : graph.values[node.inputs[0]].shape.back();
        if (depth <= limit || node.outputs[0] == no_value)
        {
            nodes.push_back(std::move(node));
            continue;
        }
        const int64_t step = limit < 4 ? limit : limit / 4 * 4; // whole blocks
        std::vector<Part> parts;
        for (int64_t begin = 0; begin < depth; begin += step)
            parts.push_back({.begin = begin, .end = std::min(begin + step, depth)});
        VKSEG_TRY(charge(node, parts, budget));
        const ValueId sum = append_product(graph, node, parts, nodes);
        sums.emplace(node.outputs[0], sum);
        nodes.push_back({.name = node.name, .op = Cast{.to = DType::f32}, .inputs = {sum}, .outputs = node.outputs});
    }
    graph.nodes = std::move(nodes);
    return {};
}

Status split_sums(Graph& graph, FoldingBudget& budget)
{
    std::vector<Node> nodes;
    WeightSlices slices;
    for (Node& node : graph.nodes)
    {
        const std::optional<Convolution> convolution = as_convolution(node.op, infos_of(graph, node));
        if (convolution && node.outputs[0] != no_value)
        {
            const Shape weights = graph.values[node.inputs[1]].shape;
            const std::vector<Part> parts = find_parts(*convolution, weights);
            if (parts.size() > 1)
            {
                VKSEG_TRY(charge(node, parts, budget));
                append_parts(graph, node, *convolution, parts, slices, nodes);
                continue;
            }
        }
        nodes.push_back(std::move(node));
    }
    graph.nodes = std::move(nodes);
    return {};
}

} // namespace vkseg
