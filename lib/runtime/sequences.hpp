#pragma once

#include "base/budget.hpp"
#include "vkseg/graph.hpp"
#include "vkseg/status.hpp"

#include <optional>
#include <unordered_map>

namespace vkseg {

/// The sequences of tensors and optional values of a graph while it is planned. Each sequence is a list of values of
/// the graph, so no node is left of those that make and read sequences.
class Sequences
{
public:
    Sequences(Graph& graph, FoldingBudget& budget) : graph_(graph), budget_(budget) {}

    /// True if the value is a sequence, or an optional value that is missing.
    bool contains(ValueId id) const { return lists_.contains(id); }
    /// True if the node makes or reads a sequence itself, not in a subgraph.
    bool concerns(const Node& node) const;

    /// Computes the outputs that are sequences, lengths or truths, and returns nodes for the other outputs. The inputs
    /// must have shapes, and parameters must be constant.
    Result<std::vector<Node>> evaluate(const Node& node);

private:
    using List = std::vector<ValueId>;

    Result<const List*> list_of(const Node& node, size_t input) const;
    Result<Tensor> integers_of(const Node& node, size_t input) const;
    Result<size_t> position_of(const Node& node, size_t input, size_t count, size_t end) const;
    Status add(List& list, size_t position, const Node& node, size_t input) const;
    Status spend(size_t nodes, size_t elements);
    void set_constant(ValueId id, Tensor tensor);
    std::string quoted(const Node& node, size_t input) const;

    Result<List> constructed(const Node& node) const;
    Result<List> with_tensor(const Node& node) const;
    Result<List> without_tensor(const Node& node) const;
    Result<Integers> part_extents(const Node& node, int64_t extent);
    Result<std::vector<Node>> split(const Node& node);
    Result<std::vector<Node>> concat(const Node& node);
    Result<std::vector<Node>> take(const Node& node);
    Status pass_on(const Node& node);

    Graph& graph_;
    FoldingBudget& budget_;
    std::unordered_map<ValueId, std::optional<List>> lists_; ///< empty: an optional value that is missing
};

} // namespace vkseg
