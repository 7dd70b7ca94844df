#include "runtime/specialize.hpp"

#include "base/text.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "base/unsupported_list.hpp"
#include "ops/shape_rules.hpp"
#include "reference/evaluate.hpp"
#include "runtime/computed_parameters.hpp"
#include "runtime/control_flow.hpp"
#include "runtime/empty_tensors.hpp"
#include "runtime/expand_einsum.hpp"
#include "runtime/fit_integers.hpp"
#include "runtime/fold_constants.hpp"
#include "runtime/fuse.hpp"
#include "runtime/input_shapes.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/recognise_pasting.hpp"
#include "runtime/sequences.hpp"
#include "runtime/track_valid_entries.hpp"
#include "runtime/unexpanded_indices.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Rejects constant integer divisors of 0, which can only be a mistake. Divisors of 0 at run time give 0.
Status check_divisor(const Node& node, std::span<const TensorInfo> infos)
{
    const auto* binary = std::get_if<Binary>(&node.op);
    const bool divides = binary != nullptr && (binary->kind == BinaryKind::div || binary->kind == BinaryKind::mod ||
                                               binary->kind == BinaryKind::fmod);
    if (!divides || infos.size() != 2 || infos[1].constant == nullptr || is_float(infos[1].type))
        return {};
    const std::vector<int64_t> divisors = infos[1].constant->to_integers();
    if (std::ranges::find(divisors, 0) == divisors.end())
        return {};
    return Status(StatusCode::invalid_model, "a constant integer divisor is 0");
}

Status check_rank(size_t rank)
{
    if (rank <= Shape::max_rank)
        return {};
    return Status(StatusCode::unsupported,
                  "a tensor has at most " + std::to_string(Shape::max_rank) + " axes, got " + std::to_string(rank));
}

bool is_open_parameter(const Node& node, std::span<const TensorInfo> infos, size_t input)
{
    return infos[input].is_present && infos[input].constant == nullptr && !is_data_input(node.op, infos.size(), input);
}

/// Sets the shapes of all values in a graph with known inputs, and folds values that the host can compute. Collects
/// unsupported nodes of the whole graph; nodes whose inputs get no shape from a preceding node are judged by their
/// attributes alone.
class Specializer
{
public:
    Specializer(Graph& graph, FoldingBudget& budget)
        : graph_(graph), budget_(budget), valid_entries_(graph, budget), sequences_(graph, budget)
    {}
    Status run();

private:
    /// Work that is left: a node, or the rest of one with subgraphs.
    struct Pending
    {
        LoopState state;                        ///< a node, or a Loop after some turns
        std::optional<ValueId> empty_with = {}; ///< only a check of the If's outputs: no entries where this count is 0
    };

    Status process(Pending work);
    Status specialize(Node& node);
    bool waits_for_subgraph(const Node& node) const;
    Status charge_inlining(const Graph& subgraph, size_t others);
    Status take_branch(const Node& node);
    bool pastes_masks(Node& node) const;
    Status check_branches(const Node& node, ValueId count) const;
    Status take_turn(LoopState state);
    Status expand(const Node& node);
    bool plans_sequence(const Node& node) const;
    Status plan_sequence(const Node& node);
    void do_next(std::vector<Node> nodes);
    void append(Node node);
    void expect_shapes(const Node& node);
    bool lacks_a_shape(const Node& node) const;
    Status judge(Node& node);
    Status judge_by_attributes(Node& node);
    Status set_outputs(const Node& node, const Outputs& outputs, std::span<const Tensor> folded);
    void mark_costly(const Node& node, std::span<const TensorInfo> infos);
    void set_shapes_without_parameters(const Node& node, std::vector<TensorInfo> infos);
    Status with_origins(const Status& status, const Node& node) const;
    std::string origin_of(ValueId id) const;

    Graph& graph_;
    FoldingBudget& budget_;
    std::vector<bool> has_no_shape_;
    std::vector<bool> is_too_costly_; ///< computable from constants, but beyond the budget
    std::vector<int> producers_;      ///< node that computes each value; −1: an input or a constant of the graph
    std::vector<Pending> pending_;    ///< the next one last
    ValidEntriesTracker valid_entries_;
    Sequences sequences_;
    UnsupportedList unsupported_;
};

/// Sets shapes and types, and folds outputs into constants; outputs without values are always folded.
Status Specializer::set_outputs(const Node& node, const Outputs& outputs, std::span<const Tensor> folded)
{
    for (size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i)
    {
        if (node.outputs[i] == no_value)
            continue;
        Value& value = graph_.values[node.outputs[i]];
        value.type = outputs[i].type;
        value.shape = outputs[i].shape;
        value.has_shape = true;
        has_no_shape_[node.outputs[i]] = false;
        if (is_empty(value.shape))
            value.constant = empty_tensor(outputs[i]);
        else if (!folded.empty())
            value.constant = folded[i];
    }
    return {};
}

Status Specializer::specialize(Node& node)
{
    read_unexpanded_indices(graph_, node, producers_);
    VKSEG_TRY(resolve(node.op, infos_of(graph_, node)));
    if (std::holds_alternative<Cast>(node.op))
        node.inputs.resize(1); // its type is known now
    const std::vector<TensorInfo> infos = infos_of(graph_, node);
    VKSEG_TRY(charge_indices(node, infos, budget_));
    VKSEG_TRY(check_divisor(node, infos));
    Result<Outputs> outputs = infer(node.op, infos);
    if (!outputs.is_ok())
    {
        set_shapes_without_parameters(node, infos);
        return outputs.status();
    }
    if (std::all_of(outputs->begin(), outputs->end(), [](const TensorInfo& info) { return is_empty(info.shape); }))
    {
        VKSEG_TRY(set_outputs(node, *outputs, {}));
        return valid_entries_.track(node);
    }
    VKSEG_TRY(drop_empty_inputs(graph_, node, budget_));
    spread_on_device(graph_, node, *outputs, budget_);
    const std::vector<TensorInfo> kept = infos_of(graph_, node);
    std::vector<Tensor> folded;
    if (!valid_entries_.leaves_out_entries(node))
    {
        VKSEG_ASSIGN(folded, fold(node, kept, *outputs, budget_));
    }
    if (folded.empty())
        mark_costly(node, kept);
    cut_to_count(node.op, folded, *outputs);
    VKSEG_TRY(set_outputs(node, *outputs, folded));
    return valid_entries_.track(node);
}

/// Marks the outputs of a foldable node as too costly if every input is constant or too costly itself.
void Specializer::mark_costly(const Node& node, std::span<const TensorInfo> infos)
{
    if (!reference::is_foldable(node.op))
        return;
    for (size_t i = 0; i < infos.size(); ++i)
    {
        if (infos[i].is_present && infos[i].constant == nullptr && !is_too_costly_[node.inputs[i]])
            return;
    }
    for (const ValueId id : node.outputs)
    {
        if (id != no_value)
            is_too_costly_[id] = true;
    }
}

/// Infers shapes with stand-ins for parameters that are not constant, which leave shapes unchanged, so that nodes after
/// an unsupported one can be judged.
void Specializer::set_shapes_without_parameters(const Node& node, std::vector<TensorInfo> infos)
{
    if (signature(node.op).data_inputs == 0) // the shape depends on the values
        return;
    const Tensor stand_in = Tensor::from(Shape{}, {0});
    for (size_t i = 0; i < infos.size(); ++i)
    {
        if (is_open_parameter(node, infos, i))
            infos[i].constant = &stand_in;
    }
    if (const Result<Outputs> outputs = infer(node.op, infos); outputs.is_ok())
        (void)set_outputs(node, *outputs, {});
}

/// Judges a node by its attributes, which give the result of a Reshape to given extents, and the rank of a Transpose.
Status Specializer::judge_by_attributes(Node& node)
{
    if (const auto* transpose = std::get_if<Transpose>(&node.op))
        return check_rank(transpose->permutation.size());
    auto* reshape = std::get_if<Reshape>(&node.op);
    const bool has_extents = reshape != nullptr && reshape->kind == ReshapeKind::reshape && node.inputs.size() == 2 &&
                             graph_.values[node.inputs[1]].constant;
    if (!has_extents)
        return {};
    VKSEG_TRY(resolve(node.op, infos_of(graph_, node)));
    VKSEG_TRY(check_rank(reshape->shape.size()));
    if (std::any_of(reshape->shape.begin(), reshape->shape.end(), [](int64_t extent) { return extent < 1; }))
        return {};
    const DType type = graph_.values[node.inputs[0]].type;
    return set_outputs(node, {{.type = type, .shape = Shape(reshape->shape)}}, {});
}

/// Marks the outputs until they get shapes.
void Specializer::expect_shapes(const Node& node)
{
    for (const ValueId id : node.outputs)
    {
        if (id != no_value)
            has_no_shape_[id] = true;
    }
}

bool Specializer::lacks_a_shape(const Node& node) const
{
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId id) { return id != no_value && has_no_shape_[id]; });
}

Status Specializer::judge(Node& node)
{
    const bool lacks_shape = lacks_a_shape(node);
    expect_shapes(node);
    return lacks_shape ? judge_by_attributes(node) : specialize(node);
}

/// Adds to the message where the values of each parameter that is not constant come from.
Status Specializer::with_origins(const Status& status, const Node& node) const
{
    std::string message = status.message();
    const std::vector<TensorInfo> infos = infos_of(graph_, node);
    for (size_t i = 0; i < infos.size(); ++i)
    {
        if (is_open_parameter(node, infos, i))
            message += "; '" + printable(graph_.values[node.inputs[i]].name) + "' " + origin_of(node.inputs[i]);
    }
    return Status(StatusCode::unsupported, message);
}

std::string Specializer::origin_of(ValueId id) const
{
    if (producers_[id] < 0)
        return "is an input of the graph: give its values when the network is loaded (Graph::freeze_input, or "
               "--input " +
               printable(graph_.values[id].name) + "=FILE.npy)";
    const std::string producer = "is computed by " + describe(graph_.nodes[size_t(producers_[id])]);
    if (is_too_costly_[id])
        return producer + ", which would take too much memory while planning; " +
               more_memory_hint(budget_.max_memory_bytes());
    return producer + " from values that are known only when the network runs";
}

/// Charges the budget for the nodes and values of a subgraph, and `others`, each of which takes a few hundred bytes
/// until the network is planned.
Status Specializer::charge_inlining(const Graph& subgraph, size_t others)
{
    constexpr size_t values_each = 128;
    const size_t parts = subgraph.nodes.size() + subgraph.values.size() + others + 1;
    if (budget_.spend(int64_t(parts * values_each)))
        return {};
    return beyond_budget(budget_, "a subgraph of " + std::to_string(parts) + " nodes and values");
}

/// True if the subgraph that the node becomes, or the number of its turns, can be known.
bool Specializer::waits_for_subgraph(const Node& node) const
{
    const bool has_subgraph = std::holds_alternative<If>(node.op) || std::holds_alternative<Loop>(node.op);
    if (!has_subgraph || lacks_a_shape(node))
        return false;
    const auto is_known = [&](ValueId id)
    { return id == no_value || (graph_.values[id].constant && graph_.values[id].constant->elements() == 1); };
    const auto is_fixed = [&](ValueId id) { return is_known(id) && !valid_entries_.depends_on_count(id); };
    if (std::holds_alternative<If>(node.op))
        return is_known(node.inputs[0]) &&
               (is_fixed(node.inputs[0]) || valid_entries_.tested_count(node.inputs[0]).has_value());
    return node.inputs.size() >= 2 && is_fixed(node.inputs[0]) && is_fixed(node.inputs[1]);
}

/// Replaces a Loop that pastes the masks of all instances by the operator for that.
bool Specializer::pastes_masks(Node& node) const
{
    if (lacks_a_shape(node))
        return false;
    const std::optional<PastingLoop> pasting = recognise_pasting(graph_, node);
    const bool reads_counts =
        std::ranges::any_of(node.inputs, [&](ValueId id)
                            { return id != no_value && id != node.inputs[0] && valid_entries_.depends_on_count(id); });
    if (!pasting || reads_counts || !valid_entries_.counts_entries(node.inputs[0], pasting->masks) ||
        !valid_entries_.counts_entries(node.inputs[0], pasting->boxes))
        return false;
    node.op = pasting->op;
    node.inputs = {pasting->masks, pasting->boxes};
    return true;
}

void Specializer::do_next(std::vector<Node> nodes)
{
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)
        pending_.push_back({.state = {.node = std::move(*node)}});
}

Status Specializer::take_branch(const Node& node)
{
    expect_shapes(node);
    VKSEG_TRY(check_subgraphs(node));
    const auto& op = std::get<If>(node.op);
    const bool condition = graph_.values[node.inputs[0]].constant->to_integers()[0] != 0;
    if (const std::optional<ValueId> count = valid_entries_.tested_count(node.inputs[0]))
        pending_.push_back({.state = {.node = node}, .empty_with = count});
    const std::span inputs = std::span(node.inputs).subspan(1);
    const Graph& branch = condition ? *op.then_branch : *op.else_branch;
    VKSEG_TRY(charge_inlining(branch, 0));
    do_next(inlined(graph_, branch, inputs, node.outputs, node.name));
    return {};
}

/// The branch that was taken is that for a tensor with entries; so the other one must give no entries.
Status Specializer::check_branches(const Node& node, ValueId count) const
{
    const auto& op = std::get<If>(node.op);
    const bool condition = graph_.values[node.inputs[0]].constant->to_integers()[0] != 0;
    const Graph& other = condition ? *op.else_branch : *op.then_branch;
    for (size_t i = 0; i < node.outputs.size(); ++i)
    {
        if (node.outputs[i] == no_value || has_no_shape_[node.outputs[i]])
            continue;
        const Value& result = other.values[other.outputs[i]];
        const bool is_none = result.constant && is_empty(result.constant->shape()) &&
                             result.constant->type() == graph_.values[node.outputs[i]].type;
        if (!is_none)
            return Status(
                StatusCode::unsupported,
                "the condition asks whether there are entries, which is known only when the network runs, and "
                "the result of the branch for no entries is not a constant without entries of the same type");
        VKSEG_TRY(valid_entries_.check_vanishes(node.outputs[i], count, result.constant->shape()));
    }
    return {};
}

Status Specializer::take_turn(LoopState state)
{
    expect_shapes(state.node);
    VKSEG_TRY(check_subgraphs(state.node));
    const auto number = [&](size_t input, int64_t fallback)
    {
        const ValueId id = state.node.inputs[input];
        return id == no_value ? fallback : graph_.values[id].constant->to_integers()[0];
    };
    if (state.turn >= number(0, INT64_MAX) || number(1, 1) == 0)
    {
        VKSEG_ASSIGN(std::vector<Node> nodes, last_turn(graph_, state));
        do_next(std::move(nodes));
        return {};
    }
    // Inputs and outputs are copied for each turn, too.
    const size_t ends = state.node.inputs.size() + state.node.outputs.size();
    VKSEG_TRY(charge_inlining(*std::get<Loop>(state.node.op).body, ends)
                  .with_context("turn " + std::to_string(state.turn + 1)));
    std::vector<Node> nodes = next_turn(graph_, state);
    pending_.push_back({.state = std::move(state)});
    do_next(std::move(nodes));
    return {};
}

Status Specializer::expand(const Node& node)
{
    expect_shapes(node);
    VKSEG_ASSIGN(std::vector<Node> nodes, expanded_einsum(graph_, node));
    do_next(std::move(nodes));
    return {};
}

/// True if the node works on sequences of tensors, and can be planned: its positions and extents are known.
bool Specializer::plans_sequence(const Node& node) const
{
    if (!sequences_.concerns(node) || lacks_a_shape(node))
        return false;
    if (!std::holds_alternative<TensorSequence>(node.op))
        return true;
    const std::vector<TensorInfo> infos = infos_of(graph_, node);
    for (size_t i = 0; i < node.inputs.size(); ++i)
    {
        const ValueId id = node.inputs[i];
        const bool is_open = is_open_parameter(node, infos, i) && !sequences_.contains(id);
        if (is_open ||
            (id != no_value && !is_data_input(node.op, infos.size(), i) && valid_entries_.depends_on_count(id)))
            return false;
    }
    return true;
}

Status Specializer::plan_sequence(const Node& node)
{
    expect_shapes(node);
    VKSEG_ASSIGN(std::vector<Node> nodes, sequences_.evaluate(node));
    for (const ValueId id : node.outputs)
    {
        if (id != no_value && (sequences_.contains(id) || graph_.values[id].constant))
            has_no_shape_[id] = false;
    }
    do_next(std::move(nodes));
    return {};
}

void Specializer::append(Node node)
{
    producers_.resize(graph_.values.size(), -1);
    for (const ValueId id : node.outputs)
    {
        if (id != no_value)
            producers_[id] = int(graph_.nodes.size());
    }
    graph_.nodes.push_back(std::move(node));
}

Status Specializer::process(Pending work)
{
    has_no_shape_.resize(graph_.values.size());
    is_too_costly_.resize(graph_.values.size());
    producers_.resize(graph_.values.size(), -1);
    Node& node = work.state.node;
    const std::string description = describe(node); // of the node as the file has it
    const std::string operator_name = name(node.op);
    Status status;
    std::vector<Node> lowered;
    const bool is_sequence = plans_sequence(node);
    if (!is_sequence && !lacks_a_shape(node))
        lowered = with_computed_parameters(graph_, node);
    if (work.empty_with)
        status = check_branches(node, *work.empty_with);
    else if (is_sequence)
        status = plan_sequence(node);
    else if (!lowered.empty())
        do_next(std::move(lowered));
    else if (std::holds_alternative<Einsum>(node.op) && !lacks_a_shape(node))
        status = expand(node);
    else if (pastes_masks(node) || !waits_for_subgraph(node))
    {
        status = judge(node);
        if (status.code() == StatusCode::unsupported)
            status = with_origins(status, node);
        append(std::move(node));
    }
    else if (std::holds_alternative<If>(node.op))
        status = take_branch(node);
    else
        status = take_turn(std::move(work.state));
    return unsupported_.collect(status.with_context(description), operator_name);
}

Status Specializer::run()
{
    do_next(std::exchange(graph_.nodes, {}));
    while (!pending_.empty())
    {
        Pending work = std::move(pending_.back());
        pending_.pop_back();
        VKSEG_TRY(process(std::move(work)));
    }
    for (const ValueId id : graph_.outputs)
    {
        if (sequences_.contains(id))
            VKSEG_TRY(unsupported_.collect(
                Status(StatusCode::unsupported, "output '" + printable(graph_.values[id].name) +
                                                    "' is a sequence of tensors or an optional value, expected "
                                                    "a tensor: make outputs of its tensors")));
        if (valid_entries_.depends_on_count(id))
            VKSEG_TRY(unsupported_.collect(
                Status(StatusCode::unsupported, "output '" + printable(graph_.values[id].name) +
                                                    "' is computed from a number of entries that is known only when "
                                                    "the network runs")));
    }
    return unsupported_.status();
}

} // namespace

void remove_unused_nodes(Graph& graph)
{
    std::vector<bool> is_used(graph.values.size());
    const auto use = [&](ValueId id)
    {
        is_used[id] = true;
        if (const std::optional<ValidEntries>& valid = graph.values[id].valid)
            is_used[valid->count] = true;
    };
    std::ranges::for_each(graph.outputs, use);
    std::vector<Node> kept;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    {
        const bool is_needed =
            std::any_of(node->outputs.begin(), node->outputs.end(),
                        [&](ValueId id) { return id != no_value && is_used[id] && !graph.values[id].constant; });
        if (!is_needed)
            continue;
        for (const ValueId id : node->inputs)
        {
            if (id != no_value)
                use(id);
        }
        for (ValueId& id : node->outputs)
        {
            if (id != no_value && (!is_used[id] || graph.values[id].constant))
                id = no_value;
        }
        kept.push_back(std::move(*node));
    }
    std::reverse(kept.begin(), kept.end());
    graph.nodes = std::move(kept);
}

std::vector<TensorInfo> infos_of(const Graph& graph, const Node& node)
{
    std::vector<TensorInfo> infos;
    for (const ValueId id : node.inputs)
    {
        if (id == no_value)
        {
            infos.push_back({.is_present = false});
            continue;
        }
        const Value& value = graph.values[id];
        infos.push_back(
            {.type = value.type, .shape = value.shape, .constant = value.constant ? &*value.constant : nullptr});
    }
    return infos;
}

Result<Graph> with_shapes(const Graph& graph, std::span<const NamedShape> shapes, FoldingBudget& budget)
{
    Graph result = graph;
    VKSEG_TRY(set_input_shapes(result, shapes));
    VKSEG_TRY(Specializer(result, budget).run());
    remove_unused_nodes(result);
    return result;
}

Result<Graph> specialize(const Graph& graph, std::span<const NamedShape> shapes, bool fuse, size_t max_memory_bytes)
{
    VKSEG_TRY(validate(graph));
    FoldingBudget budget(max_memory_bytes != 0 ? max_memory_bytes : default_max_memory_bytes(graph, shapes));
    ScopedSpan span("plan", "specialize");
    VKSEG_ASSIGN(Graph result, with_shapes(graph, shapes, budget));
    VKSEG_TRY(fit_integers(result));
    span.next("fuse");
    VKSEG_TRY(rewrite(result, fuse, budget));
    return result;
}

} // namespace vkseg
