#pragma once

#include "vkseg/graph.hpp"

#include <map>

namespace vkseg {

/// Numbers that the device finds, such as those of valid entries (Value::valid): values i64 [1], none of them negative.
/// Arithmetic with them appends nodes to the graph.
class Counts
{
public:
    explicit Counts(Graph& graph) : graph_(graph) {}

    ValueId constant(int64_t number);
    /// The result of the operator for two counts.
    ValueId combined(BinaryKind kind, ValueId left, ValueId right);
    ValueId multiplied(ValueId count, int64_t factor);
    ValueId limited(ValueId count, int64_t limit);
    /// The count of which `count` is the product with `divisor`; no_value if it is not known to be one.
    ValueId divided(ValueId count, int64_t divisor) const;

    /// Notes that a selection from `among` entries found `selected`.
    void note_selection(ValueId selected, ValueId among) { selected_from_[selected] = among; }
    /// True if `count` is certainly 0 wherever `other` is.
    bool vanishes_with(ValueId count, ValueId other) const;

private:
    ValueId positive_root(ValueId count) const;

    using Operation = std::tuple<BinaryKind, ValueId, ValueId>;

    Graph& graph_;
    std::map<int64_t, ValueId> constants_;
    std::map<Operation, ValueId> results_;
    std::map<ValueId, std::pair<ValueId, int64_t>> products_; ///< count and factor, at least 1, of a product
    std::map<ValueId, ValueId> limited_;                      ///< count of a minimum with a limit of at least 1
    std::map<ValueId, ValueId> selected_from_;
};

} // namespace vkseg
