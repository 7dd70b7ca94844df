#pragma once

#include "base/budget.hpp"
#include "ops/plan.hpp"
#include "ops/valid_entries.hpp"
#include "vkseg/graph.hpp"

#include <map>

namespace vkseg {

/// Finds for each value of which only the first entries are valid how many these are (Value::valid), while the shapes
/// of a graph are inferred. Adds nodes: counts of entries that a Reshape joins, and marks in place of invalid
/// entries where an operator must leave them out.
class ValidEntriesTracker
{
public:
    ValidEntriesTracker(Graph& graph, FoldingBudget& budget) : graph_(graph), budget_(budget) {}

    /// Call for each node in order, after its outputs have shapes. Fails with unsupported if the node would mix valid
    /// entries with others, or counts that differ.
    Status track(Node& node);

    /// Adds the new nodes, each before the node that reads it.
    void finish();

private:
    ValueId multiplied(ValueId count, int64_t factor, const Node& reader);
    Result<ValueId> marked(ValueId id, ValueId count, const Mark& mark, const Node& reader);
    ValueId add_node(const Node& reader, const std::string& name, Op op, std::vector<ValueId> inputs, DType type,
                     const Shape& shape);

    struct NewNode
    {
        size_t reader = 0; ///< the node is added before this one
        Node node;
    };

    Graph& graph_;
    FoldingBudget& budget_;
    std::vector<NewNode> new_nodes_;
    std::map<std::pair<ValueId, int64_t>, ValueId> multiplied_;
};

/// Adds the counts of the graph's outputs to its outputs.
void give_out_counts(Graph& graph);

/// Cuts outputs of the graph to their valid entries. `outputs` has a tensor for each output of the graph.
void cut_to_valid_entries(const Graph& graph, std::span<NamedTensor> outputs);

} // namespace vkseg
