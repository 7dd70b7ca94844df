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

void read_cum_sum(NodeReader& node)
{
    node.emit(CumSum{.is_exclusive = node.flag("exclusive", false), .is_reverse = node.flag("reverse", false)});
}

void read_non_zero(NodeReader& node)
{
    node.emit(NonZero{});
}

/// Unique values from the runs of equal values among the sorted ones; the number of runs is found on the device.
class UniqueReader
{
public:
    explicit UniqueReader(NodeReader& node) : node_(node) {}

    void read()
    {
        if (node_.has("axis"))
        {
            node_.ignore("axis");
            node_.unsupported("attribute 'axis': only all values together are supported, not slices");
        }
        const bool is_sorted = node_.flag("sorted", true);
        const ValueId x = node_.append(Reshape{.shape = {-1}}, {node_.input(0)});
        const ValueId count = node_.append(ShapeOf{}, {x});
        const ValueId sorted = node_.append(TopK{.axis = 0, .is_smallest = true}, {x, count}, 2);
        const ValueId order = sorted + 1;
        const ValueId starts_run = append_starts(sorted);
        const ValueId starts =
            node_.append(Reshape{.kind = ReshapeKind::squeeze, .axes = {0}}, {node_.append(NonZero{}, {starts_run})});
        const ValueId one = node_.add_constant(Tensor::from_integers({1}, {1}));
        const ValueId numbers =
            binary(BinaryKind::sub, node_.append(CumSum{}, {node_.append(Cast{.to = DType::i64}, {starts_run})}), one);
        const ValueId zeros = binary(BinaryKind::sub, order, order);
        Runs runs = {.values = taken(sorted, starts), .firsts = taken(order, starts)};
        runs.numbers = node_.append(ScatterElements{}, {zeros, order, numbers});
        const ValueId lengths = node_.append(ScatterElements{.reduction = ScatterReduction::add},
                                             {zeros, numbers, binary(BinaryKind::add, zeros, one)});
        runs.lengths = taken(lengths, taken(numbers, starts));
        if (!is_sorted)
            runs = in_order_of_firsts(runs, zeros, one);
        const ValueId outputs[] = {runs.values, runs.firsts, runs.numbers, runs.lengths};
        for (size_t i = 0; i < std::size(outputs); ++i)
        {
            if (node_.is_wanted(i))
                node_.emit_output(i, Unary{}, {outputs[i]});
        }
    }

private:
    /// The outputs: unique values, the places of their first occurrences, the numbers of all values of x among the
    /// unique ones, and how often each occurs.
    struct Runs
    {
        ValueId values = no_value;
        ValueId firsts = no_value;
        ValueId numbers = no_value;
        ValueId lengths = no_value;
    };

    ValueId binary(BinaryKind kind, ValueId a, ValueId b) { return node_.append(Binary{.kind = kind}, {a, b}); }
    ValueId taken(ValueId x, ValueId places) { return node_.append(Gather{}, {x, places}); }

    /// True for each sorted value that differs from the one before it.
    ValueId append_starts(ValueId sorted)
    {
        constexpr int64_t end = std::numeric_limits<int64_t>::max();
        const ValueId later = node_.append(Slice{.starts = {1}, .ends = {end}, .axes = {0}}, {sorted});
        const ValueId earlier = node_.append(Slice{.starts = {0}, .ends = {-1}, .axes = {0}}, {sorted});
        const ValueId differs =
            node_.append(Unary{.kind = UnaryKind::logical_not}, {binary(BinaryKind::equal, later, earlier)});
        const ValueId first = node_.add_constant(Tensor::from_bytes(DType::boolean, {1}, {std::byte(1)}));
        return node_.append(Concat{.axis = 0}, {first, differs});
    }

    Runs in_order_of_firsts(const Runs& runs, ValueId zeros, ValueId one)
    {
        const ValueId count = node_.append(ShapeOf{}, {runs.firsts});
        const ValueId firsts = node_.append(TopK{.axis = 0, .is_smallest = true}, {runs.firsts, count}, 2);
        const ValueId order = firsts + 1;
        const ValueId ones = binary(BinaryKind::add, binary(BinaryKind::sub, order, order), one);
        const ValueId numbers = binary(BinaryKind::sub, node_.append(CumSum{}, {ones}), one);
        const ValueId places = node_.append(ScatterElements{}, {zeros, order, numbers});
        return {.values = taken(runs.values, order),
                .firsts = firsts,
                .numbers = taken(places, runs.numbers),
                .lengths = taken(runs.lengths, order)};
    }

    NodeReader& node_;
};

void read_unique(NodeReader& node)
{
    UniqueReader(node).read();
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
    {"ArgMax", read_arg_reduce},         {"ArgMin", read_arg_reduce},
    {"CumSum", read_cum_sum, 2, 2},      {"Einsum", read_einsum, 1, unlimited},
    {"Gemm", read_gemm, 2, 3, 1, 7},     {"LogSoftmax", read_softmax},
    {"MatMul", read_mat_mul, 2, 2},      {"NonZero", read_non_zero},
    {"ReduceL1", read_reduce, 1, 2},     {"ReduceL2", read_reduce, 1, 2},
    {"ReduceLogSum", read_reduce, 1, 2}, {"ReduceLogSumExp", read_reduce, 1, 2},
    {"ReduceMax", read_reduce, 1, 2},    {"ReduceMean", read_reduce, 1, 2},
    {"ReduceMin", read_reduce, 1, 2},    {"ReduceProd", read_reduce, 1, 2},
    {"ReduceSum", read_reduce, 1, 2},    {"ReduceSumSquare", read_reduce, 1, 2},
    {"Softmax", read_softmax},           {"TopK", read_top_k, 1, 2, 2},
    {"Unique", read_unique, 1, 1, 4},
};

} // namespace

std::span<const OperatorReader> reduction_operators()
{
    return reduction_readers;
}

} // namespace vkseg::onnx
