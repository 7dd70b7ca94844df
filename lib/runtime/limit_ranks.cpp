#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unsupported_list.hpp"
#include "ops/movement/pad_extents.hpp"
#include "ops/movement/permutation.hpp"
#include "ops/movement/slice_ranges.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/fuse.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Axes that kernels tell apart.
constexpr size_t max_kernel_axes = 6;

/// Runs of adjacent axes that a node treats as one axis.
class AxisGroups
{
public:
    /// The axes at which groups begin, in rising order; the first is 0.
    AxisGroups(std::vector<size_t> begins, size_t rank) : begins_(std::move(begins)), rank_(rank) {}

    /// Each of `axes` is a group of its own.
    static AxisGroups around(const std::vector<size_t>& axes, size_t rank)
    {
        std::vector<size_t> begins;
        const auto stands_alone = [&](size_t axis) { return std::ranges::find(axes, axis) != axes.end(); };
        for (size_t axis = 0; axis < rank; ++axis)
        {
            if (axis == 0 || stands_alone(axis) || stands_alone(axis - 1))
                begins.push_back(axis);
        }
        return AxisGroups(std::move(begins), rank);
    }

    size_t count() const { return begins_.size(); }

    size_t group_of(size_t axis) const { return size_t(std::ranges::upper_bound(begins_, axis) - begins_.begin()) - 1; }

    /// The shape with merged axes; a shape of a lower rank gets extents of 1 first, as in broadcasting.
    Shape merged(const Shape& shape) const
    {
        Integers extents(count(), 1);
        for (size_t axis = 0; axis < shape.rank(); ++axis)
            extents[group_of(rank_ - shape.rank() + axis)] *= shape[axis];
        return Shape(extents);
    }

private:
    std::vector<size_t> begins_;
    size_t rank_;
};

/// An operator on merged axes.
struct MergedOp
{
    Op op;
    AxisGroups groups;
};

/// Groups of the first `rank` axes of a broadcast: the same inputs have extents of 1 along all axes of a group.
std::vector<size_t> group_broadcasts(const std::vector<Shape>& inputs, const Shape& output, size_t rank)
{
    std::vector<size_t> begins;
    std::vector<bool> last;
    for (size_t axis = 0; axis < rank; ++axis)
    {
        if (output[axis] == 1 && axis > 0)
            continue; // joins any group
        std::vector<bool> repeats;
        for (const Shape& input : inputs)
        {
            const size_t missing = output.rank() - input.rank();
            repeats.push_back(axis < missing || (input[axis - missing] == 1 && output[axis] != 1));
        }
        if (axis == 0 || repeats != last)
            begins.push_back(axis);
        last = std::move(repeats);
    }
    return begins;
}

Result<MergedOp> merge_slice(const Slice& op, const Shape& x)
{
    VKSEG_ASSIGN(const std::vector<SliceRange> ranges, slice_ranges(op, x));
    std::vector<size_t> axes;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (ranges[axis].step != 1 || ranges[axis].count != x[axis])
            axes.push_back(axis);
    }
    AxisGroups groups = AxisGroups::around(axes, x.rank());
    Slice merged;
    for (const size_t axis : axes)
    {
        const SliceRange& range = ranges[axis];
        const int64_t end = range.begin + range.step * range.count;
        merged.axes.push_back(int64_t(groups.group_of(axis)));
        merged.starts.push_back(range.begin);
        merged.ends.push_back(end < 0 ? INT64_MIN : end); // negative ends would count from the last value
        merged.steps.push_back(range.step);
    }
    return MergedOp{.op = std::move(merged), .groups = std::move(groups)};
}

Result<MergedOp> merge_pad(const Pad& op, const Shape& x)
{
    VKSEG_ASSIGN(const PadExtents pads, resolve_pads(op, x));
    std::vector<size_t> axes;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (pads.begins[axis] != 0 || pads.ends[axis] != 0)
            axes.push_back(axis);
    }
    AxisGroups groups = AxisGroups::around(axes, x.rank());
    Pad merged = op;
    merged.axes.clear();
    merged.pads.assign(2 * groups.count(), 0);
    for (const size_t axis : axes)
    {
        merged.pads[groups.group_of(axis)] = pads.begins[axis];
        merged.pads[groups.count() + groups.group_of(axis)] = pads.ends[axis];
    }
    return MergedOp{.op = std::move(merged), .groups = std::move(groups)};
}

MergedOp merge_tile(const Tile& op, const Shape& x)
{
    std::vector<size_t> axes;
    for (size_t axis = 0; axis < x.rank(); ++axis)
    {
        if (op.repeats[axis] != 1)
            axes.push_back(axis);
    }
    AxisGroups groups = AxisGroups::around(axes, x.rank());
    Tile merged = {.repeats = Integers(groups.count(), 1)};
    for (const size_t axis : axes)
        merged.repeats[groups.group_of(axis)] = op.repeats[axis];
    return {.op = std::move(merged), .groups = std::move(groups)};
}

Result<MergedOp> merge_reduce(const Reduce& op, size_t rank)
{
    VKSEG_ASSIGN(std::vector<size_t> axes, resolve_axes(op.axes, rank));
    if (op.all_spatial)
    {
        for (size_t axis = 2; axis < rank; ++axis)
            axes.push_back(axis);
    }
    else if (axes.empty())
    {
        for (size_t axis = 0; axis < rank; ++axis)
            axes.push_back(axis);
    }
    std::vector<size_t> begins;
    const auto is_reduced = [&](size_t axis) { return std::ranges::find(axes, axis) != axes.end(); };
    for (size_t axis = 0; axis < rank; ++axis)
    {
        if (axis == 0 || is_reduced(axis) != is_reduced(axis - 1))
            begins.push_back(axis);
    }
    AxisGroups groups(std::move(begins), rank);
    Reduce merged = {.kind = op.kind, .axes = {}, .keep_dims = true};
    for (size_t axis = 0; axis < rank; ++axis)
    {
        const auto group = int64_t(groups.group_of(axis));
        if (is_reduced(axis) && (merged.axes.empty() || merged.axes.back() != group))
            merged.axes.push_back(group);
    }
    return MergedOp{.op = std::move(merged), .groups = std::move(groups)};
}

/// The operator on merged axes, for operators that work along one axis.
template <class AxisOp>
Result<MergedOp> merge_around_axis(AxisOp op, size_t rank)
{
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, rank));
    AxisGroups groups = AxisGroups::around({axis}, rank);
    op.axis = int64_t(groups.group_of(axis));
    if constexpr (requires { op.keep_dims; })
        op.keep_dims = true;
    return MergedOp{.op = std::move(op), .groups = std::move(groups)};
}

/// The softmax of all axes from the operator's on, which become one.
Result<MergedOp> merge_flattened(Softmax op, size_t rank)
{
    VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axis, rank));
    AxisGroups groups(axis == 0 ? std::vector<size_t>{0} : std::vector<size_t>{0, axis}, rank);
    op.axis = -1;
    op.flattens = false;
    return MergedOp{.op = op, .groups = std::move(groups)};
}

/// Outermost first, extents of the input, and its axes in the order of the output.
struct AxisMove
{
    Integers extents;
    std::vector<size_t> order;
};

/// The same move of values with fewer axes: axes that stay next to each other are one, and there is none of extent 1.
AxisMove merge_axes(const AxisMove& from)
{
    std::vector<size_t> ends(from.extents.size()); // next axis of the input that has more than one value
    for (size_t axis = from.extents.size(), next = axis; axis-- > 0;)
    {
        ends[axis] = next;
        next = from.extents[axis] == 1 ? next : axis;
    }
    struct Run
    {
        size_t begin = 0;
        size_t end = 0;
        int64_t extent = 1;
    };
    std::vector<Run> runs; // in the order of the output
    for (const size_t axis : from.order)
    {
        if (from.extents[axis] == 1)
            continue;
        if (runs.empty() || runs.back().end != axis)
            runs.push_back({.begin = axis});
        runs.back().end = ends[axis];
        runs.back().extent *= from.extents[axis];
    }
    AxisMove result = {.extents = Integers(runs.size()), .order = {}};
    for (const Run& run : runs)
    {
        const auto place = std::ranges::count_if(runs, [&](const Run& other) { return other.begin < run.begin; });
        result.extents[size_t(place)] = run.extent;
        result.order.push_back(size_t(place));
    }
    return result;
}

/// The permutation in two steps: the first brings the last two axes of the output to the front.
std::array<AxisMove, 2> in_two_steps(const AxisMove& whole)
{
    const size_t rank = whole.order.size();
    AxisMove first = {.extents = whole.extents, .order = {whole.order[rank - 2], whole.order[rank - 1]}};
    for (size_t axis = 0; axis < rank; ++axis)
    {
        if (axis != first.order[0] && axis != first.order[1])
            first.order.push_back(axis);
    }
    AxisMove second;
    for (const size_t axis : first.order)
        second.extents.push_back(whole.extents[axis]);
    for (const size_t axis : whole.order)
        second.order.push_back(size_t(std::ranges::find(first.order, axis) - first.order.begin()));
    return {first, second};
}

class RankLimiter
{
public:
    explicit RankLimiter(Graph& graph) : graph_(graph) {}
    Status run();

private:
    bool has_few_axes(const Node& node) const;
    Status limit(const Node& node);
    Result<MergedOp> merge(const Node& node) const;
    Status transpose(const Node& node);
    ValueId permute(ValueId x, const AxisMove& permutation, const std::string& name);
    void finish(ValueId x, const Shape& shape, ValueId output, const std::string& name);
    ValueId add_value(const std::string& name, DType type, const Shape& shape);
    const Shape& shape_of(ValueId id) const { return graph_.values[id].shape; }

    Graph& graph_;
    std::vector<Node> nodes_;
};

/// True if the kernels of the node need not tell more than six axes apart.
bool RankLimiter::has_few_axes(const Node& node) const
{
    if (std::holds_alternative<Reshape>(node.op) || std::holds_alternative<CumSum>(node.op) ||
        std::holds_alternative<GatherElements>(node.op) || std::holds_alternative<GatherNd>(node.op) ||
        std::holds_alternative<ScatterElements>(node.op) || std::holds_alternative<ScatterNd>(node.op) ||
        std::holds_alternative<LayerNormalization>(node.op))
        return true; // joins axes itself, or keeps the order of values
    const std::vector<TensorInfo> infos = infos_of(graph_, node);
    const size_t data = std::min(signature(node.op).data_inputs, node.inputs.size());
    size_t rank = 0;
    for (const ValueId id : node.outputs)
        rank = std::max(rank, id == no_value ? 0 : shape_of(id).rank());
    for (size_t i = 0; i < data; ++i)
        rank = std::max(rank, infos[i].shape.rank());
    if (rank <= max_kernel_axes)
        return true;
    if (layout_rule(node.op, infos) != LayoutRule::same || node.outputs[0] == no_value)
        return false;
    const Shape& output = shape_of(node.outputs[0]);
    return std::all_of(infos.begin(), infos.begin() + ptrdiff_t(data),
                       [&](const TensorInfo& info)
                       { return !info.is_present || info.shape == output || info.shape.elements() == 1; });
}

Result<MergedOp> RankLimiter::merge(const Node& node) const
{
    const std::vector<TensorInfo> infos = infos_of(graph_, node);
    const Shape& x = infos[0].shape;
    if (const auto* op = std::get_if<Slice>(&node.op))
        return merge_slice(*op, x);
    if (const auto* op = std::get_if<Pad>(&node.op))
        return merge_pad(*op, x);
    if (const auto* op = std::get_if<Tile>(&node.op))
        return merge_tile(*op, x);
    if (const auto* op = std::get_if<Reduce>(&node.op))
        return merge_reduce(*op, x.rank());
    if (const auto* op = std::get_if<Concat>(&node.op))
        return merge_around_axis(*op, x.rank());
    if (const auto* op = std::get_if<Split>(&node.op))
        return merge_around_axis(*op, x.rank());
    if (const auto* op = std::get_if<Gather>(&node.op))
        return merge_around_axis(*op, x.rank());
    if (const auto* op = std::get_if<ArgReduce>(&node.op))
        return merge_around_axis(*op, x.rank());
    if (const auto* op = std::get_if<TopK>(&node.op))
        return merge_around_axis(*op, x.rank());
    if (const auto* op = std::get_if<Softmax>(&node.op))
        return op->flattens ? merge_flattened(*op, x.rank()) : merge_around_axis(*op, x.rank());

    const Shape& output = shape_of(node.outputs[0]);
    if (std::holds_alternative<Expand>(node.op))
    {
        AxisGroups groups(group_broadcasts({x}, output, output.rank()), output.rank());
        const Shape merged = groups.merged(output);
        return MergedOp{.op = Expand{.shape = {merged.begin(), merged.end()}}, .groups = std::move(groups)};
    }
    std::vector<Shape> shapes;
    for (const TensorInfo& info : infos)
        shapes.push_back(info.shape);
    if (layout_rule(node.op, infos) == LayoutRule::same)
        return MergedOp{.op = node.op, .groups = {group_broadcasts(shapes, output, output.rank()), output.rank()}};
    if (std::holds_alternative<MatMul>(node.op))
    {
        if (shapes[1].rank() == 1)
            return MergedOp{.op = node.op, .groups = AxisGroups::around({x.rank() - 1}, x.rank())};
        if (x.rank() == 1)
            return MergedOp{.op = node.op,
                            .groups = AxisGroups::around({output.rank() - 1, output.rank()}, output.rank() + 1)};
        std::vector<size_t> begins = group_broadcasts(shapes, output, output.rank() - 2);
        begins.insert(begins.end(), {output.rank() - 2, output.rank() - 1});
        return MergedOp{.op = node.op, .groups = {std::move(begins), output.rank()}};
    }
    return Status(StatusCode::unsupported, "tensors of this operator have at most " + std::to_string(max_kernel_axes) +
                                               " axes, got shape " + to_string(x));
}

ValueId RankLimiter::add_value(const std::string& name, DType type, const Shape& shape)
{
    return graph_.add_value({.name = name, .type = type, .shape = shape, .has_shape = true, .constant = {}});
}

/// Makes `output` the value under another shape.
void RankLimiter::finish(ValueId x, const Shape& shape, ValueId output, const std::string& name)
{
    nodes_.push_back(
        {.name = name, .op = Reshape{.shape = {shape.begin(), shape.end()}}, .inputs = {x}, .outputs = {output}});
}

ValueId RankLimiter::permute(ValueId x, const AxisMove& permutation, const std::string& name)
{
    const AxisMove merged = merge_axes(permutation);
    if (merged.order.size() > max_kernel_axes)
    {
        const auto [first, second] = in_two_steps(merged);
        return permute(permute(x, first, name + ", first"), second, name + ", second");
    }
    Transpose op;
    Shape shape;
    for (const size_t axis : merged.order)
    {
        op.permutation.push_back(int64_t(axis));
        shape.append(merged.extents[axis]);
    }
    const ValueId in = reshaped(graph_, nodes_, x, Shape(merged.extents));
    const ValueId out = add_value(name, graph_.values[x].type, shape);
    nodes_.push_back({.name = name, .op = std::move(op), .inputs = {in}, .outputs = {out}});
    return out;
}

Status RankLimiter::transpose(const Node& node)
{
    const Shape x = shape_of(node.inputs[0]);
    VKSEG_ASSIGN(std::vector<size_t> order, resolve_permutation(std::get<Transpose>(node.op), x.rank()));
    const AxisMove permutation = {.extents = {x.begin(), x.end()}, .order = std::move(order)};
    const ValueId moved = permute(node.inputs[0], permutation, node.name);
    finish(moved, shape_of(node.outputs[0]), node.outputs[0], node.name + ", out");
    return {};
}

Status RankLimiter::limit(const Node& node)
{
    if (has_few_axes(node))
    {
        nodes_.push_back(node);
        return {};
    }
    if (std::holds_alternative<Transpose>(node.op))
        return transpose(node);

    VKSEG_ASSIGN(MergedOp merged, merge(node));
    if (merged.groups.count() > max_kernel_axes)
        return Status(StatusCode::unsupported, "the operator must tell " + std::to_string(merged.groups.count()) +
                                                   " of the " + std::to_string(shape_of(node.inputs[0]).rank()) +
                                                   " axes apart; kernels tell at most " +
                                                   std::to_string(max_kernel_axes) + " apart");
    Node on_merged = {.name = node.name, .op = std::move(merged.op), .inputs = {}, .outputs = {}};
    const size_t data = std::min(signature(node.op).data_inputs, node.inputs.size());
    for (size_t i = 0; i < data; ++i)
    {
        ValueId input = node.inputs[i];
        if (input != no_value)
        {
            const Shape shape = shape_of(input);
            const bool are_indices = i == 1 && std::holds_alternative<Gather>(node.op);
            const bool is_one_matrix = shape.rank() <= 2 && std::holds_alternative<MatMul>(node.op);
            if (!is_one_matrix)
                input = reshaped(graph_, nodes_, input,
                                 are_indices ? Shape{shape.elements()} : merged.groups.merged(shape));
        }
        on_merged.inputs.push_back(input);
    }
    VKSEG_ASSIGN(const Outputs outputs, infer(on_merged.op, infos_of(graph_, on_merged)));
    for (size_t i = 0; i < node.outputs.size(); ++i)
    {
        const bool is_used = node.outputs[i] != no_value;
        on_merged.outputs.push_back(
            is_used ? add_value(node.name + ", output " + std::to_string(i), outputs[i].type, outputs[i].shape)
                    : no_value);
    }
    const std::vector<ValueId> results = on_merged.outputs;
    nodes_.push_back(std::move(on_merged));
    for (size_t i = 0; i < results.size(); ++i)
    {
        if (results[i] != no_value)
            finish(results[i], shape_of(node.outputs[i]), node.outputs[i], node.name + ", result " + std::to_string(i));
    }
    return {};
}

Status RankLimiter::run()
{
    UnsupportedList unsupported;
    for (const Node& node : std::exchange(graph_.nodes, {}))
        VKSEG_TRY(unsupported.collect(limit(node).with_context(describe(node))));
    graph_.nodes = std::move(nodes_);
    return unsupported.status();
}

} // namespace

Status limit_ranks(Graph& graph)
{
    const auto has_many_axes = [](const Value& value) { return value.shape.rank() > max_kernel_axes; };
    if (std::ranges::none_of(graph.values, has_many_axes))
        return {};
    return RankLimiter(graph).run();
}

} // namespace vkseg
