// Losses, which networks for training compute beside their outputs.
#include "formats/onnx/lowering.hpp"
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

enum class LossReduction : uint8_t
{
    mean,
    sum,
    none
};

/// The common part of both losses: log probabilities [N,C,…], classes [N,…], an optional weight for each class.
void emit_negative_log_likelihood(NodeReader& node, ValueId log_probabilities)
{
    constexpr std::array<std::pair<std::string_view, LossReduction>, 3> reductions = {{
        {"mean", LossReduction::mean},
        {"sum", LossReduction::sum},
        {"none", LossReduction::none},
    }};
    const LossReduction reduction = node.choice("reduction", reductions);
    const ValueId classes = unsqueezed(node, node.input(1), {1});
    ValueId is_class = binary(node, BinaryKind::equal, classes, positions_along(node, log_probabilities, 1)); // [N,C,…]
    if (node.has("ignore_index"))
    {
        const ValueId ignored = integer(node, node.integer("ignore_index", 0));
        const ValueId counts = unary(node, UnaryKind::logical_not, binary(node, BinaryKind::equal, classes, ignored));
        is_class = binary(node, BinaryKind::logical_and, is_class, counts);
    }
    // Values of other classes are replaced rather than multiplied by 0, because they may be infinite.
    const auto of_class = [&](ValueId values)
    {
        const ValueId selected = node.append(Where{}, {is_class, values, cast_like(node, real(node, 0), values)});
        return node.append(Reduce{.kind = ReduceKind::sum, .axes = {1}, .keep_dims = false}, {selected});
    };
    const bool is_weighted = node.has_input(2);
    const ValueId one = node.add_constant(Tensor::from(Shape{1}, {1.0f}));
    const ValueId weights =
        is_weighted ? along_axis(node, node.input(2), 1, log_probabilities) : cast_like(node, one, log_probabilities);
    const auto weighted = [&](ValueId values) { return binary(node, BinaryKind::mul, values, weights); };
    const ValueId loss =
        unary(node, UnaryKind::neg, of_class(is_weighted ? weighted(log_probabilities) : log_probabilities));
    const Reduce sum = {.kind = ReduceKind::sum, .axes = {}, .keep_dims = false};
    if (reduction == LossReduction::none)
        node.emit_output(0, Unary{.kind = UnaryKind::identity}, {loss});
    else if (reduction == LossReduction::sum)
        node.emit_output(0, sum, {loss});
    else if (!is_weighted && !node.has("ignore_index"))
        node.emit_output(0, Reduce{.axes = {}, .keep_dims = false}, {loss});
    else
        node.emit_output(0, Binary{.kind = BinaryKind::div},
                         {node.append(sum, {loss}), node.append(sum, {of_class(weights)})});
}

void read_negative_log_likelihood_loss(NodeReader& node)
{
    emit_negative_log_likelihood(node, node.input(0));
}

void read_softmax_cross_entropy_loss(NodeReader& node)
{
    const ValueId log_probabilities = node.append(Softmax{.axis = 1, .is_log = true}, {node.input(0)});
    emit_negative_log_likelihood(node, log_probabilities);
    if (node.is_wanted(1))
        node.emit_output(1, Unary{.kind = UnaryKind::identity}, {log_probabilities});
}

constexpr OperatorReader loss_readers[] = {
    {"NegativeLogLikelihoodLoss", read_negative_log_likelihood_loss, 2, 3},
    {"SoftmaxCrossEntropyLoss", read_softmax_cross_entropy_loss, 2, 3, 2},
};

} // namespace

std::span<const OperatorReader> loss_operators()
{
    return loss_readers;
}

} // namespace vkseg::onnx
