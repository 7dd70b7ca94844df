#include "runtime/track_valid_entries.hpp"

#include "base/try.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <numeric>

namespace vkseg {
namespace {

std::string describe(const Value& value)
{
    return "input '" + value.name + "' " + to_string(value.shape) + " has valid entries along axis " +
           std::to_string(value.valid->axis) + " whose number is known only when the network runs";
}

Status refused(const std::string& reason)
{
    return Status(StatusCode::unsupported, reason);
}

Status refused_parameter(const Value& value)
{
    return refused("parameter '" + value.name + "' depends on a number that is known only when the network runs");
}

bool are_constant(const Graph& graph, const std::vector<ValueId>& ids)
{
    return std::ranges::all_of(ids, [&](ValueId id) { return id == no_value || graph.values[id].constant; });
}

/// Reads of these entries need no valid ones: the axis of entries is another, or the indices are a selection's.
bool reads_beyond_valid_entries(const Graph& graph, const Node& node, size_t input)
{
    return std::holds_alternative<Gather>(node.op) && input == 0 && !graph.values[node.outputs[0]].valid &&
           !graph.values[node.inputs[1]].valid;
}

/// True if an Expand repeats the only entry along an axis of its result.
bool is_repeated(const Shape& x, const Shape& y, size_t axis)
{
    const size_t missing = y.rank() - x.rank();
    return axis < missing || x[axis - missing] == 1;
}

/// True if no result is negative unless an operand is.
bool keeps_sign(const Op& op)
{
    if (const auto* unary = std::get_if<Unary>(&op))
        return unary->kind == UnaryKind::identity;
    if (const auto* binary = std::get_if<Binary>(&op))
        return binary->kind == BinaryKind::add || binary->kind == BinaryKind::mul || binary->kind == BinaryKind::div ||
               binary->kind == BinaryKind::min || binary->kind == BinaryKind::max;
    return std::holds_alternative<Split>(op) || std::holds_alternative<Slice>(op) ||
           std::holds_alternative<Transpose>(op) || std::holds_alternative<Reshape>(op) ||
           std::holds_alternative<Expand>(op) || std::holds_alternative<Tile>(op) ||
           std::holds_alternative<Concat>(op) || std::holds_alternative<Where>(op) ||
           std::holds_alternative<Cast>(op) || std::holds_alternative<Gather>(op);
}

/// True if each output of the operator is a list of indices or a count.
bool gives_indices(const Op& op)
{
    return counted_axis_of(op).has_value() || std::holds_alternative<ArgReduce>(op);
}

/// The axis of a Concat, if the entries of several inputs follow each other along it and the device finds how many.
std::optional<size_t> joined_axis(const Graph& graph, const Node& node)
{
    const auto* concat = std::get_if<Concat>(&node.op);
    if (concat == nullptr || node.inputs.size() < 2)
        return std::nullopt;
    for (const ValueId id : node.inputs)
    {
        const Value& value = graph.values[id];
        const Result<size_t> axis = resolve_axis(concat->axis, value.shape.rank());
        if (value.valid && axis.is_ok() && value.valid->axis == *axis)
            return *axis;
    }
    return std::nullopt;
}

} // namespace

ValidEntriesTracker::ValidEntriesTracker(Graph& graph, FoldingBudget& budget)
    : graph_(graph), budget_(budget), shapes_(graph, counts_)
{
    was_planned_ = std::ranges::any_of(graph.values, [](const Value& value) { return value.valid.has_value(); });
}

Status ValidEntriesTracker::track(Node& node)
{
    if (was_planned_)
        return {};
    const std::optional<size_t> counted_axis = counted_axis_of(node.op);
    const bool is_constant = are_constant(graph_, node.outputs);
    if (counted_axis && !is_constant)
    {
        node.outputs.resize(2, no_value);
        if (node.outputs[1] == no_value)
            node.outputs[1] = graph_.add_value(
                {.name = node.name + " (count)", .type = DType::i64, .shape = {1}, .has_shape = true, .constant = {}});
    }
    if (!is_constant || counted_axis)
        VKSEG_TRY(check_data(node));
    if (is_constant && counted_axis)
        return {}; // all entries are valid
    note_non_negative(node);
    if (joined_axis(graph_, node))
        return join(node);
    count_from_last_valid(node);
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        if (node.inputs[i] != no_value && graph_.values[node.inputs[i]].valid)
            VKSEG_TRY(inherit(node, i));
    }
    VKSEG_TRY(check_expanded(node));
    VKSEG_TRY(check_broadcast(node));
    VKSEG_TRY(read_parameters(node));
    VKSEG_TRY(leave_out_invalid(node));
    if (counted_axis && node.outputs[0] != no_value)
        return set_valid(node.outputs[0], {.count = node.outputs[1], .axis = *counted_axis}, {});
    return is_constant ? shapes_.follow(node) : Status();
}

/// Data that stand for a number of entries are not known when the network is planned.
Status ValidEntriesTracker::check_data(const Node& node) const
{
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        if (node.inputs[i] != no_value && is_data_input(node.op, node.inputs.size(), i) &&
            depends_on_count(node.inputs[i]))
            return refused("input '" + graph_.values[node.inputs[i]].name +
                           "' is computed from a number of entries that is known only when the network runs");
    }
    return {};
}

/// Inputs that are broadcast against each other must have as many entries, or one: a single valid entry would be
/// broadcast to the extent of an input whose entries are all valid. Only constants may have a value for each entry that
/// there may be.
Status ValidEntriesTracker::check_broadcast(const Node& node) const
{
    const bool is_product = std::holds_alternative<MatMul>(node.op);
    const bool broadcasts = std::holds_alternative<Binary>(node.op) || std::holds_alternative<Where>(node.op) ||
                            std::holds_alternative<Chain>(node.op) || is_product;
    if (!broadcasts || !graph_.values[node.outputs[0]].valid)
        return {};
    const Value& y = graph_.values[node.outputs[0]];
    const size_t axis = y.valid->axis;
    if (is_product && axis + 2 >= y.shape.rank())
        return {};
    for (const ValueId id : node.inputs)
    {
        const Value& x = graph_.values[id];
        const size_t missing = y.shape.rank() - x.shape.rank();
        if (!x.valid && !x.constant && axis >= missing && x.shape[axis - missing] > 1)
            return refused("input '" + x.name + "' " + to_string(x.shape) +
                           " is broadcast with one whose number of entries is known only when the network runs");
    }
    return {};
}

bool ValidEntriesTracker::is_non_negative(ValueId id) const
{
    const Value& value = graph_.values[id];
    if (value.type == DType::boolean || value.type == DType::u8)
        return true;
    if (is_float(value.type) || !value.constant)
        return non_negative_.contains(id);
    return std::ranges::none_of(value.constant->to_integers(), [](int64_t integer) { return integer < 0; });
}

void ValidEntriesTracker::note_non_negative(const Node& node)
{
    bool are_non_negative = keeps_sign(node.op);
    const size_t operands = std::holds_alternative<Gather>(node.op) ? 1 : node.inputs.size();
    for (size_t i = 0; i < operands && are_non_negative; ++i)
        are_non_negative = node.inputs[i] == no_value || !is_data_input(node.op, node.inputs.size(), i) ||
                           is_non_negative(node.inputs[i]);
    for (size_t k = 0; k < node.outputs.size(); ++k)
    {
        const bool is_index = gives_indices(node.op) || (std::holds_alternative<TopK>(node.op) && k == 1);
        if (node.outputs[k] != no_value && (are_non_negative || is_index))
            non_negative_.insert(node.outputs[k]);
    }
}

/// True if indices into valid entries may be negative, so that they count from the last one.
bool ValidEntriesTracker::may_count_from_last(const Node& node) const
{
    const auto* gather = std::get_if<Gather>(&node.op);
    const auto* scatter = std::get_if<ScatterElements>(&node.op);
    if (gather == nullptr && scatter == nullptr)
        return false;
    const Value& x = graph_.values[node.inputs[0]];
    const Result<size_t> axis = resolve_axis(gather != nullptr ? gather->axis : scatter->axis, x.shape.rank());
    return x.valid && axis.is_ok() && x.valid->axis == *axis && !is_non_negative(node.inputs[1]);
}

/// Makes negative indices count from the last valid entry, instead of the last one.
void ValidEntriesTracker::count_from_last_valid(Node& node)
{
    if (!may_count_from_last(node))
        return;
    const ValueId count = graph_.values[node.inputs[0]].valid->count;
    const Value indices = graph_.values[node.inputs[1]];
    const Shape shape = indices.shape.rank() == 0 ? Shape{1} : indices.shape;
    const ValueId zero = counts_.constant(0);
    const ValueId is_negative = add_node(indices.name + " (are negative)", Binary{.kind = BinaryKind::less},
                                         {node.inputs[1], zero}, DType::boolean, shape);
    const ValueId from_last =
        add_node(indices.name + " (from the last)", Binary{}, {node.inputs[1], count}, indices.type, shape);
    node.inputs[1] = add_node(indices.name + " (from the first)", Where{}, {is_negative, from_last, node.inputs[1]},
                              indices.type, shape);
    graph_.values[node.inputs[1]].valid = indices.valid;
}

/// The operator; if it is a Reshape to a shape with one extent that stands for a count, that is the one it derives.
Op ValidEntriesTracker::with_derived_extent(const Node& node) const
{
    Op op = node.op;
    auto* reshape = std::get_if<Reshape>(&op);
    if (reshape == nullptr || reshape->kind != ReshapeKind::reshape || node.inputs.size() < 2)
        return op;
    const std::span<const ShapeArithmetic::StandIn> stand_ins = shapes_.stand_ins(node.inputs[1]);
    if (stand_ins.size() != 1)
        return op;
    const Shape& y = graph_.values[node.outputs[0]].shape;
    reshape->shape.assign(y.begin(), y.end());
    reshape->shape[stand_ins[0].element] = -1;
    return op;
}

/// An extent that is given as a number is the same however many entries there are: one entry would be repeated.
Status ValidEntriesTracker::check_expanded(const Node& node) const
{
    const auto* expand = std::get_if<Expand>(&node.op);
    if (expand == nullptr || !graph_.values[node.inputs[0]].valid || !graph_.values[node.outputs[0]].valid ||
        (node.inputs.size() > 1 && depends_on_count(node.inputs[1]))) // read_extents()
        return {};
    const Value& y = graph_.values[node.outputs[0]];
    const size_t missing = y.shape.rank() - expand->shape.size();
    if (y.valid->axis < missing || expand->shape[y.valid->axis - missing] == 1)
        return {};
    return refused(describe(graph_.values[node.inputs[0]]) + ", but the output's extent there is given");
}

bool ValidEntriesTracker::leaves_out_entries(const Node& node) const
{
    if (was_planned_)
        return false;
    const std::vector<TensorInfo> infos = infos_of(graph_, node);
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        if (node.inputs[i] == no_value || !graph_.values[node.inputs[i]].valid || is_empty(infos[i].shape))
            continue;
        if (fill_of_invalid(node.op, infos, i, graph_.values[node.inputs[i]].valid->axis))
            return true;
    }
    return joined_axis(graph_, node).has_value() || may_count_from_last(node);
}

/// Finds which entries of the outputs depend on valid entries of the input.
Status ValidEntriesTracker::inherit(const Node& node, size_t input)
{
    const Value& x = graph_.values[node.inputs[input]];
    const std::string description = describe(x);
    const ValidEntries x_valid = *x.valid;
    if (!is_data_input(node.op, node.inputs.size(), input))
        return refused(description + ", and is a parameter");
    const Op op = with_derived_extent(node);
    const bool is_shape = std::holds_alternative<ShapeOf>(node.op); // ShapeArithmetic knows its entries
    for (size_t k = 0; k < node.outputs.size() && !is_shape; ++k)
    {
        const ValueId output = node.outputs[k];
        if (output == no_value)
            continue;
        const std::optional<DependentEntries> dependent =
            dependent_entries(op, infos_of(graph_, node), input, x_valid.axis, k, graph_.values[output].shape);
        if (!dependent)
            return refused(description + ", and the operator would mix them with others");
        if (!dependent->axis)
            continue;
        ValueId count = counts_.divided(x_valid.count, dependent->divisor);
        if (count == no_value)
            return refused(description + ", and the operator would mix them with others");
        count = counts_.multiplied(count, dependent->factor);
        if (dependent->limit)
            count = counts_.limited(count, *dependent->limit);
        VKSEG_TRY(set_valid(output, {.count = count, .axis = *dependent->axis}, description));
    }
    if (reads_beyond_valid_entries(graph_, node, input))
        return refused(description + ", and indices that no selection made may point past them");
    return {};
}

Status ValidEntriesTracker::set_valid(ValueId id, const ValidEntries& valid, const std::string& input)
{
    std::optional<ValidEntries>& known = graph_.values[id].valid;
    if (graph_.values[id].shape[valid.axis] == 0)
        return {}; // there are none
    if (known && *known != valid)
        return refused(input + ", and another input has another number of them");
    known = valid;
    return {};
}

Status ValidEntriesTracker::read_parameters(const Node& node)
{
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        if (node.inputs[i] != no_value && !is_data_input(node.op, node.inputs.size(), i) &&
            depends_on_count(node.inputs[i]))
            VKSEG_TRY(read_counted(node, i));
    }
    return {};
}

/// Reads a parameter that stands for counts.
Status ValidEntriesTracker::read_counted(const Node& node, size_t input)
{
    const ValueId id = node.inputs[input];
    for (const ShapeArithmetic::StandIn& stand_in : shapes_.stand_ins(id))
    {
        if (stand_in.meaning != ShapeArithmetic::Meaning::count)
            return refused_parameter(graph_.values[id]);
    }
    const ValueId count = shapes_.stand_ins(id)[0].count;
    const ValueId y = node.outputs[0];
    const std::string parameter = "parameter '" + graph_.values[id].name + "' is a number of entries";
    if (const auto* reshape = std::get_if<Reshape>(&node.op); reshape && reshape->kind == ReshapeKind::reshape)
        return read_extents(node, input);
    if (std::holds_alternative<Expand>(node.op) || std::holds_alternative<ConstantOfShape>(node.op))
        return read_extents(node, input);
    if (std::holds_alternative<Slice>(node.op) && input == 2)
        return read_slice_ends(node);
    if (std::holds_alternative<Range>(node.op) && input == 1)
    {
        const bool counts_up = graph_.values[node.inputs[0]].constant->to_integers()[0] == 0 &&
                               graph_.values[node.inputs[2]].constant->to_integers()[0] == 1;
        return counts_up ? set_valid(y, {.count = count, .axis = 0}, parameter) : refused_parameter(graph_.values[id]);
    }
    if (const auto* top = std::get_if<TopK>(&node.op))
    {
        const Shape& shape = graph_.values[node.inputs[0]].shape;
        VKSEG_ASSIGN(const size_t axis, resolve_axis(top->axis, shape.rank()));
        for (const ValueId output : node.outputs)
        {
            if (output == no_value)
                continue;
            std::optional<ValidEntries>& valid = graph_.values[output].valid;
            const bool has_other_axis = valid && valid->axis != axis;
            if (has_other_axis)
                return refused_parameter(graph_.values[id]);
            const ValueId entries = valid ? valid->count : counts_.constant(shape[axis]);
            valid = {.count = counts_.combined(BinaryKind::min, entries, count), .axis = axis};
        }
        return {};
    }
    return refused_parameter(graph_.values[id]);
}

/// Reads extents of the output that stand for counts.
Status ValidEntriesTracker::read_extents(const Node& node, size_t input)
{
    const Value& extents = graph_.values[node.inputs[input]];
    const std::string parameter = "parameter '" + extents.name + "' has a number of entries";
    const ValueId y = node.outputs[0];
    const size_t first_axis = graph_.values[y].shape.rank() - size_t(extents.shape.elements());
    for (const ShapeArithmetic::StandIn& stand_in : shapes_.stand_ins(node.inputs[input]))
    {
        const ValidEntries valid = {.count = stand_in.count, .axis = first_axis + stand_in.element};
        if (std::holds_alternative<Reshape>(node.op) && graph_.values[y].valid != valid)
            return refused(parameter + " that '" + graph_.values[node.inputs[0]].name + "' does not have");
        if (std::holds_alternative<Expand>(node.op) && graph_.values[y].valid != valid &&
            !is_repeated(graph_.values[node.inputs[0]].shape, graph_.values[y].shape, valid.axis))
            return refused(parameter + " that '" + graph_.values[node.inputs[0]].name + "' may not have");
        VKSEG_TRY(set_valid(y, valid, parameter));
    }
    return {};
}

Status ValidEntriesTracker::read_slice_ends(const Node& node)
{
    const auto& op = std::get<Slice>(node.op);
    const Value& ends = graph_.values[node.inputs[2]];
    const Shape shape = graph_.values[node.inputs[0]].shape;
    for (const ShapeArithmetic::StandIn& stand_in : shapes_.stand_ins(node.inputs[2]))
    {
        const size_t i = stand_in.element;
        VKSEG_ASSIGN(const size_t axis, resolve_axis(op.axes.empty() ? int64_t(i) : op.axes[i], shape.rank()));
        if (op.starts[i] != 0 || (!op.steps.empty() && op.steps[i] != 1))
            return refused_parameter(ends);
        const ValueId count = op.ends[i] <= shape[axis] ? stand_in.count : counts_.limited(stand_in.count, shape[axis]);
        VKSEG_TRY(set_valid(node.outputs[0], {.count = count, .axis = axis},
                            "parameter '" + ends.name + "' is a number of entries"));
    }
    return {};
}

Status ValidEntriesTracker::leave_out_invalid(Node& node)
{
    std::optional<FillOfInvalid> fill;
    ValueId count = no_value;
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        if (node.inputs[i] == no_value || !graph_.values[node.inputs[i]].valid ||
            is_empty(graph_.values[node.inputs[i]].shape))
            continue;
        const ValidEntries valid = *graph_.values[node.inputs[i]].valid;
        const std::optional<FillOfInvalid> wanted = fill_of_invalid(node.op, infos_of(graph_, node), i, valid.axis);
        if (!wanted)
            continue;
        if (count != no_value && count != valid.count)
            return refused(
                "inputs have different numbers of valid entries, which are known only when the network runs");
        fill = wanted;
        count = valid.count;
    }
    if (!fill)
        return {};
    VKSEG_ASSIGN(node.inputs[fill->input],
                 filled(node.inputs[fill->input], {.count = count, .axis = fill->axis}, fill->value));
    if (counted_axis_of(node.op))
        counts_.note_selection(node.outputs[1], count);
    return {};
}

/// Moves the valid entries of all inputs to the front: gathers them from the Concat of all entries.
Status ValidEntriesTracker::join(Node& node)
{
    const ValueId y = node.outputs[0];
    const size_t axis = *joined_axis(graph_, node);
    std::vector<ValueId> parts; // flags of the entries of each input
    std::vector<std::pair<ValueId, int64_t>> entries;
    for (const ValueId id : node.inputs)
    {
        const Value& value = graph_.values[id];
        const int64_t extent = value.shape[axis];
        if (value.valid && value.valid->axis != axis)
            return refused(describe(value) + ", and those of another input follow each other along another axis");
        entries.emplace_back(value.valid ? value.valid->count : counts_.constant(extent), extent);
    }
    const auto [known, is_new] = joined_.try_emplace(entries);
    if (is_new)
    {
        const std::string name = graph_.values[y].name;
        for (const auto& [count, extent] : entries)
        {
            VKSEG_ASSIGN(const ValueId flags, is_valid(name, {extent}, count));
            parts.push_back(flags);
        }
        const Shape shape = {graph_.values[y].shape[axis]};
        const ValueId flags = add_node(name + " (are valid)", Concat{.axis = 0}, parts, DType::boolean, shape);
        known->second.count = graph_.add_value(
            {.name = name + " (count)", .type = DType::i64, .shape = {1}, .has_shape = true, .constant = {}});
        const ValueId places = add_node(name + " (places)", NonZero{}, {flags}, DType::i64, {1, shape[0]});
        graph_.nodes.back().outputs.push_back(known->second.count);
        known->second.places =
            add_node(name + " (list of places)", Reshape{.shape = {shape[0]}}, {places}, DType::i64, shape);
        for (const ValueId id : {places, known->second.places})
            graph_.values[id].valid = {.count = known->second.count, .axis = id == places ? size_t(1) : 0};
    }
    const Value& value = graph_.values[y];
    const ValueId all = add_node(value.name + " (all entries)", node.op, node.inputs, value.type, Shape(value.shape));
    node.op = Gather{.axis = int64_t(axis)};
    node.inputs = {all, known->second.places};
    graph_.values[y].valid = {.count = known->second.count, .axis = axis};
    return {};
}

ValueId ValidEntriesTracker::add_node(const std::string& name, Op op, std::vector<ValueId> inputs, DType type,
                                      const Shape& shape)
{
    const ValueId output =
        graph_.add_value({.name = name, .type = type, .shape = shape, .has_shape = true, .constant = {}});
    graph_.nodes.push_back({.name = name, .op = std::move(op), .inputs = std::move(inputs), .outputs = {output}});
    return output;
}

/// Says for each entry along the only axis of `shape` with more than one value whether it is valid.
Result<ValueId> ValidEntriesTracker::is_valid(const std::string& name, const Shape& shape, ValueId count)
{
    if (!budget_.spend(shape.elements()))
        return beyond_budget(budget_, std::to_string(shape.elements()) + " positions");
    std::vector<int64_t> positions(size_t(shape.elements()));
    std::iota(positions.begin(), positions.end(), 0);
    const ValueId numbers =
        graph_.add_constant(name + " (positions)", Tensor::from_integers(shape, std::move(positions)));
    return add_node(name + " (is valid)", Binary{.kind = BinaryKind::less}, {numbers, count}, DType::boolean, shape);
}

/// The value with `fill` in its invalid entries.
Result<ValueId> ValidEntriesTracker::filled(ValueId id, const ValidEntries& valid, double fill)
{
    const Value value = graph_.values[id];
    Shape shape; // broadcasts along all other axes
    for (size_t i = valid.axis; i < value.shape.rank(); ++i)
        shape.append(i == valid.axis ? value.shape[i] : 1);
    VKSEG_ASSIGN(const ValueId flags, is_valid(value.name, shape, valid.count));
    Tensor filling =
        is_float(value.type) ? Tensor::from({1}, {float(fill)}) : Tensor::from_integers({1}, {int64_t(fill)});
    if (value.type == DType::boolean)
        filling = Tensor::from_bytes(DType::boolean, {1}, {std::byte(fill != 0)});
    const ValueId other = graph_.add_constant(value.name + " (fill)", std::move(filling));
    const ValueId result = add_node(value.name + " (valid)", Where{}, {flags, id, other}, value.type, value.shape);
    graph_.values[result].valid = valid;
    return result;
}

bool ValidEntriesTracker::counts_entries(ValueId turns, ValueId id) const
{
    if (turns == no_value || !graph_.values[turns].constant || graph_.values[turns].constant->elements() != 1)
        return false;
    const Value& value = graph_.values[id];
    const std::span<const ShapeArithmetic::StandIn> all = shapes_.stand_ins(turns);
    if (all.empty())
        return !value.valid && graph_.values[turns].constant->to_integers()[0] == value.shape[0];
    return all[0].meaning == ShapeArithmetic::Meaning::count &&
           value.valid == ValidEntries{.count = all[0].count, .axis = 0};
}

std::optional<ValueId> ValidEntriesTracker::tested_count(ValueId condition) const
{
    const std::span<const ShapeArithmetic::StandIn> all = shapes_.stand_ins(condition);
    const bool is_test = all.size() == 1 && (all[0].meaning == ShapeArithmetic::Meaning::is_zero ||
                                             all[0].meaning == ShapeArithmetic::Meaning::is_not_zero);
    return is_test ? std::optional(all[0].count) : std::nullopt;
}

Status ValidEntriesTracker::check_vanishes(ValueId id, ValueId count, const Shape& empty) const
{
    const Value& value = graph_.values[id];
    Shape without_entries = value.shape;
    if (value.valid)
        without_entries[value.valid->axis] = 0;
    const bool vanishes = value.valid ? counts_.vanishes_with(value.valid->count, count) && empty == without_entries
                                      : is_empty(value.shape) && empty == value.shape;
    return vanishes ? Status()
                    : refused("the condition asks whether there are entries, which is known only when the network "
                              "runs, and without entries '" +
                              value.name + "' would be something else than no entries");
}

void give_out_counts(Graph& graph)
{
    const std::vector<ValueId> outputs = graph.outputs;
    for (const ValueId id : outputs)
    {
        const std::optional<ValidEntries>& valid = graph.values[id].valid;
        if (valid && std::ranges::find(graph.outputs, valid->count) == graph.outputs.end())
            graph.outputs.push_back(valid->count);
    }
}

void cut_to_valid_entries(const Graph& graph, std::span<NamedTensor> outputs)
{
    for (size_t i = 0; i < outputs.size(); ++i)
    {
        const std::optional<ValidEntries>& valid = graph.values[graph.outputs[i]].valid;
        if (!valid)
            continue;
        const auto count = std::ranges::find(graph.outputs, valid->count);
        assert(count != graph.outputs.end()); // give_out_counts()
        const Tensor& tensor = outputs[size_t(count - graph.outputs.begin())].tensor;
        const int64_t entries = std::clamp<int64_t>(tensor.to_integers()[0], 0, outputs[i].tensor.shape()[valid->axis]);
        outputs[i].tensor = outputs[i].tensor.entries(valid->axis, 0, entries);
    }
}

} // namespace vkseg
