// Reductions, selection and matrix products.
#include "formats/onnx/operators.hpp"

namespace vkseg::onnx {
namespace {

constexpr std::pair<std::string_view, ReduceKind> reductions[] = {
    {"ReduceL1", ReduceKind::l1},          {"ReduceL2", ReduceKind::l2},
    {"ReduceLogSum", ReduceKind::log_sum}, {"ReduceLogSumExp", ReduceKind::log_sum_exp},
    {"ReduceMax", ReduceKind::max},        {"ReduceMean", ReduceKind::mean},
    {"ReduceMin", ReduceKind::min},        {"ReduceProd", ReduceKind::prod},
    {"ReduceSum", ReduceKind::sum},        {"ReduceSumSquare", ReduceKind::sum_square},
};

void read_softmax(NodeReader& node)
{
    const bool is_old = node.opset() < 13;
    node.emit(Softmax{
        .axis = node.integer("axis", is_old ? 1 : -1), .is_log = node.op_type() == "LogSoftmax", .flattens = is_old});
}

void read_arg_reduce(NodeReader& node)
{
    node.emit(ArgReduce{.is_min = node.op_type() == "ArgMin",
                        .axis = node.integer("axis", 0),
                        .keep_dims = node.flag("keepdims", true),
                        .select_last = node.flag("select_last_index", false)});
}

void read_top_k(NodeReader& node)
{
    node.flag("sorted", true); // 0 allows any order, the sorted one too
    TopK op = {.axis = node.integer("axis", -1), .is_smallest = !node.flag("largest", true)};
    constexpr int64_t k_is_input_since = 10;
    if (node.opset() < k_is_input_since)
    {
        op.k = node.required_integer("k");
        if (node.has_input(1))
            node.invalid("expected 'k' as an attribute before opset " + std::to_string(k_is_input_since) +
                         ", got an input");
    }
    else if (!node.has_input(1))
        node.invalid("expected 'k' as input 1, got no such input");
    node.emit(op);
}

void read_non_zero(NodeReader& node)
{
    node.emit(NonZero{});
}

void read_reduce(NodeReader& node)
{
    Reduce op = {.axes = {}};
    for (const auto& [op_type, kind] : reductions)
    {
        if (op_type == node.op_type())
            op.kind = kind;
    }
    op.keep_dims = node.flag("keepdims", true);
    const int64_t axes_are_input_since = op.kind == ReduceKind::sum ? 13 : 18;
    if (node.opset() < axes_are_input_since)
    {
        op.axes = node.integers("axes");
        if (node.has_input(1))
            node.invalid("expected 'axes' as an attribute before opset " + std::to_string(axes_are_input_since) +
                         ", got an input");
    }
    else
    {
        op.noop_with_empty_axes = node.flag("noop_with_empty_axes", false);
    }
    node.emit(std::move(op));
}

void read_mat_mul(NodeReader& node)
{
    node.emit(MatMul{});
}

void read_gemm(NodeReader& node)
{
    node.emit(Gemm{.alpha = node.real("alpha", 1),
                   .beta = node.real("beta", 1),
                   .transpose_a = node.flag("transA", false),
                   .transpose_b = node.flag("transB", false)});
}

void read_einsum(NodeReader& node)
{
    if (!node.has("equation"))
        node.invalid("attribute 'equation' is missing");
    node.emit(Einsum{.equation = std::string(node.text("equation", ""))});
}

constexpr OperatorReader reduction_readers[] = {
    {"ArgMax", read_arg_reduce},
    {"ArgMin", read_arg_reduce},
    {"Einsum", read_einsum, 1, unlimited},
    {"Gemm", read_gemm, 2, 3, 1, 7},
    {"LogSoftmax", read_softmax},
    {"MatMul", read_mat_mul, 2, 2},
    {"NonZero", read_non_zero},
    {"ReduceL1", read_reduce, 1, 2},
    {"ReduceL2", read_reduce, 1, 2},
    {"ReduceLogSum", read_reduce, 1, 2},
    {"ReduceLogSumExp", read_reduce, 1, 2},
    {"ReduceMax", read_reduce, 1, 2},
    {"ReduceMean", read_reduce, 1, 2},
    {"ReduceMin", read_reduce, 1, 2},
    {"ReduceProd", read_reduce, 1, 2},
    {"ReduceSum", read_reduce, 1, 2},
    {"ReduceSumSquare", read_reduce, 1, 2},
    {"Softmax", read_softmax},
    {"TopK", read_top_k, 1, 2, 2},
};

} // namespace

std::span<const OperatorReader> reduction_operators()
{
    return reduction_readers;
}

} // namespace vkseg::onnx
