// Reductions, softmax and matrix products.
#include "formats/tflite/operators.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace vkseg::tflite {
namespace {

constexpr std::pair<std::string_view, ReduceKind> reductions[] = {
    {"MEAN", ReduceKind::mean},        {"REDUCE_MAX", ReduceKind::max}, {"REDUCE_MIN", ReduceKind::min},
    {"REDUCE_PROD", ReduceKind::prod}, {"SUM", ReduceKind::sum},
};

/// True if the axes that remain of N, H, W, C have the same order in N, C, H, W.
bool keeps_order(const Integers& axes)
{
    const auto is_reduced = [&](int64_t axis) { return std::ranges::find(axes, axis) != axes.end(); };
    return is_reduced(3) || (is_reduced(1) && is_reduced(2));
}

void read_reduce(NodeReader& node)
{
    const auto* const options = node.options<schema::ReducerOptions>();
    Reduce op = {.axes = {}, .keep_dims = options != nullptr && options->keep_dims(), .noop_with_empty_axes = true};
    for (const auto& [op_type, kind] : reductions)
    {
        if (op_type == node.op_type())
            op.kind = kind;
    }
    const size_t rank = node.shape(0).rank();
    for (const int64_t axis : node.integers(1, "axes"))
        op.axes.push_back(node.axis_in(Form::stored, axis, rank));
    const bool is_first = rank == 4 && node.form() == Form::channels_first && (op.keep_dims || keeps_order(op.axes));
    if (!is_first)
        return node.emit(Form::stored, op, {node.value(0, Form::stored)});
    for (int64_t& axis : op.axes)
        axis = node.axis_in(Form::channels_first, axis, rank);
    node.emit(op.keep_dims ? Form::channels_first : Form::stored, op, {node.value(0, Form::channels_first)});
}

void read_softmax(NodeReader& node)
{
    const auto* const options = node.options<schema::SoftmaxOptions>();
    const bool is_log = node.op_type() == "LOG_SOFTMAX";
    const float beta = options == nullptr || is_log ? 1 : options->beta();
    const Form form = node.form();
    ValueId x = node.value(0, form);
    if (beta != 1)
        x = node.append(Binary{.kind = BinaryKind::mul}, {x, node.add_constant(Tensor::from(Shape{}, {beta}))});
    node.emit(form, Softmax{.axis = node.axis_in(form, -1, node.shape(0).rank()), .is_log = is_log}, {x});
}

void read_arg_reduce(NodeReader& node)
{
    const size_t rank = node.shape(0).rank();
    const int64_t axis = node.axis_in(Form::stored, node.integer(1, "axis"), rank);
    const Form form = rank == 4 && axis == 3 ? node.form() : Form::stored;
    const int64_t searched = node.axis_in(form, axis, rank);
    const ValueId found =
        node.append(ArgReduce{.is_min = node.op_type() == "ARG_MIN", .axis = searched}, {node.value(0, form)});
    const ValueId squeezed = node.append(Reshape{.kind = ReshapeKind::squeeze, .axes = {searched}}, {found});
    node.emit(Form::stored, Cast{.to = node.output_type()}, {squeezed});
}

void read_l2_normalization(NodeReader& node)
{
    const Form form = node.form();
    constexpr float epsilon = 1e-6f; // of TensorFlow Lite's kernel
    node.emit(form,
              LayerNormalization{.kind = NormalizationKind::l2,
                                 .axes = {node.axis_in(form, -1, node.shape(0).rank())},
                                 .epsilon = epsilon,
                                 .epsilon_place = EpsilonPlace::min_root},
              {node.value(0, form)});
}

void read_fully_connected(NodeReader& node)
{
    const auto* const options = node.options<schema::FullyConnectedOptions>();
    const Shape weights = node.shape(1);
    if (weights.rank() != 2 || weights[1] < 1)
        return node.invalid("weights must have 2 axes, got " + to_string(weights));
    if (options != nullptr && options->weights_format() != 0)
        return node.unsupported("shuffled weights are not supported");
    const auto activation =
        options == nullptr ? schema::ActivationFunctionType::NONE : options->fused_activation_function();
    ValueId x = node.value(0, Form::stored);
    if (options != nullptr && options->keep_num_dims())
    {
        constexpr size_t transposed[] = {1, 0};
        const std::vector<ValueId> factors = {x, node.weights(1, transposed)};
        if (!node.has_input(2))
            return node.emit(Form::stored, MatMul{}, factors, activation);
        return node.emit(Form::stored, Binary{.kind = BinaryKind::add},
                         {node.append(MatMul{}, factors), node.value(2, Form::stored)}, activation);
    }
    if (node.shape(0).rank() != 2)
        x = node.append(Reshape{.shape = {-1, weights[1]}}, {x});
    std::vector<ValueId> inputs = {x, node.value(1, Form::stored)};
    if (node.has_input(2))
        inputs.push_back(node.value(2, Form::stored));
    node.emit(Form::stored, Gemm{.transpose_b = true}, std::move(inputs), activation);
}

/// The input, with its last two axes exchanged if the flag is set.
ValueId factor(NodeReader& node, size_t input, bool is_adjoint)
{
    const ValueId x = node.value(input, Form::stored);
    const size_t rank = node.shape(input).rank();
    if (!is_adjoint)
        return x;
    if (rank < 2)
    {
        node.invalid("factors must have at least 2 axes, got " + to_string(node.shape(input)));
        return x;
    }
    Transpose op;
    for (size_t axis = 0; axis < rank; ++axis)
        op.permutation.push_back(int64_t(axis));
    std::swap(op.permutation[rank - 1], op.permutation[rank - 2]);
    return node.append(std::move(op), {x});
}

void read_batch_mat_mul(NodeReader& node)
{
    const auto* const options = node.options<schema::BatchMatMulOptions>();
    const ValueId a = factor(node, 0, options != nullptr && options->adj_x());
    const ValueId b = factor(node, 1, options != nullptr && options->adj_y());
    node.emit(Form::stored, MatMul{}, {a, b});
}

constexpr OperatorReader reduction_readers[] = {
    {"ARG_MAX", read_arg_reduce, 2, 2},
    {"ARG_MIN", read_arg_reduce, 2, 2},
    {"BATCH_MATMUL", read_batch_mat_mul, 2, 2},
    {"FULLY_CONNECTED", read_fully_connected, 2, 3},
    {"L2_NORMALIZATION", read_l2_normalization},
    {"LOG_SOFTMAX", read_softmax},
    {"MEAN", read_reduce, 2, 2},
    {"REDUCE_MAX", read_reduce, 2, 2},
    {"REDUCE_MIN", read_reduce, 2, 2},
    {"REDUCE_PROD", read_reduce, 2, 2},
    {"SOFTMAX", read_softmax},
    {"SUM", read_reduce, 2, 2},
};

} // namespace

std::span<const OperatorReader> reduction_operators()
{
    return reduction_readers;
}

} // namespace vkseg::tflite
