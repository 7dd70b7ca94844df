#pragma once

#include "base/budget.hpp"
#include "ops/plan.hpp"
#include "ops/valid_entries.hpp"
#include "runtime/shape_arithmetic.hpp"

#include <set>

namespace vkseg {

/// Finds for each value of which only the first entries are valid how many these are (Value::valid), while the shapes
/// of a graph are inferred. Appends nodes to the graph: arithmetic with counts, and fills of invalid entries where an
/// operator must leave them out.
class ValidEntriesTracker
{
public:
    ValidEntriesTracker(Graph& graph, FoldingBudget& budget);

    /// Call for each node in order, after its outputs have shapes and constants, and before it is appended to the
    /// graph. Fails with unsupported if the node would mix valid entries with others, or counts that differ.
    Status track(Node& node);

    /// True if the device must leave out entries of an input, so that the node's result is no constant.
    bool leaves_out_entries(const Node& node) const;

    /// True if the constant depends on a number that the device finds.
    bool depends_on_count(ValueId constant) const { return !shapes_.stand_ins(constant).empty(); }
    /// True if a number of turns is that of the entries along axis 0 of a value.
    bool counts_entries(ValueId turns, ValueId id) const;
    /// The count of which a constant asks whether it is 0.
    std::optional<ValueId> tested_count(ValueId condition) const;
    /// Checks that a value has no entries wherever a count is 0, as `empty`, which has none.
    Status check_vanishes(ValueId id, ValueId count, const Shape& empty) const;

private:
    Status inherit(const Node& node, size_t input);
    Status set_valid(ValueId id, const ValidEntries& valid, const std::string& input);
    Status check_data(const Node& node) const;
    bool is_non_negative(ValueId id) const;
    void note_non_negative(const Node& node);
    bool may_count_from_last(const Node& node) const;
    void count_from_last_valid(Node& node);
    Op with_derived_extent(const Node& node) const;
    Status check_expanded(const Node& node) const;
    Status check_broadcast(const Node& node) const;
    Status read_parameters(const Node& node);
    Status read_counted(const Node& node, size_t input);
    Status read_extents(const Node& node, size_t input);
    Status read_slice_ends(const Node& node);
    Status leave_out_invalid(Node& node);
    Status join(Node& node);
    Result<ValueId> is_valid(const std::string& name, const Shape& shape, ValueId count);
    Result<ValueId> filled(ValueId id, const ValidEntries& valid, double fill);
    ValueId add_node(const std::string& name, Op op, std::vector<ValueId> inputs, DType type, const Shape& shape);

    /// Where the valid entries of several tensors are, if these follow each other.
    struct Joined
    {
        ValueId places = no_value;
        ValueId count = no_value;
    };

    Graph& graph_;
    FoldingBudget& budget_;
    bool was_planned_ = false; ///< the graph is the result of an earlier planning, and has all counts
    Counts counts_{graph_};
    ShapeArithmetic shapes_;
    std::set<ValueId> non_negative_;                                    ///< integers that the device computes
    std::map<std::vector<std::pair<ValueId, int64_t>>, Joined> joined_; ///< by count and extent of each tensor
};

/// Adds the counts of the graph's outputs to its outputs.
void give_out_counts(Graph& graph);

/// Cuts outputs of the graph to their valid entries. `outputs` has a tensor for each output of the graph.
void cut_to_valid_entries(const Graph& graph, std::span<NamedTensor> outputs);

} // namespace vkseg
