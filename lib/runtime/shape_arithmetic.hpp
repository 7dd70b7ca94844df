#pragma once

#include "runtime/counts.hpp"
#include "vkseg/status.hpp"

#include <optional>
#include <span>

namespace vkseg {

/// Follows counts through the arithmetic of shapes. The shape of a tensor with valid entries is a constant that has
/// their upper bound in it; so are the values computed from that. This class knows which elements of such constants
/// stand for a number that the device finds.
class ShapeArithmetic
{
public:
    ShapeArithmetic(Graph& graph, Counts& counts) : graph_(graph), counts_(counts) {}

    enum class Meaning : uint8_t
    {
        count,       ///< the count; the element is its upper bound
        is_zero,     ///< true if the count is 0
        is_not_zero, ///< false if the count is 0
        unknown,     ///< computed from a count, but not known how
    };

    /// An element of a constant that holds at most, or in place of, a number that the device finds.
    struct StandIn
    {
        size_t element = 0;
        Meaning meaning = Meaning::count;
        ValueId count = no_value;
    };

    /// Returns the stand-ins in a constant, in the order of their elements; none for all other values.
    std::span<const StandIn> stand_ins(ValueId id) const;

    /// Finds the stand-ins in the outputs, which are constants, of a node that is computed from constants or from a
    /// shape.
    Status follow(const Node& node);

private:
    struct Element;

    /// True if the input is data, not a parameter, and has stand-ins.
    bool is_stand_in_data(const Node& node, size_t input) const;
    std::optional<StandIn> at(ValueId id, size_t element) const;
    void follow_shape(const Node& node);
    Status follow_moves(const Node& node);
    void follow_binary(const Node& node);
    void follow_reduction(const Node& node);
    void follow_logical_not(const Node& node);
    void follow_cast(const Node& node);
    void give_up(const Node& node);

    std::optional<StandIn> combine(BinaryKind kind, const Element& left, const Element& right);
    std::optional<StandIn> compare(BinaryKind kind, const Element& count, int64_t number) const;
    Element element_of(ValueId id, size_t element, const std::vector<int64_t>& values) const;

    Graph& graph_;
    Counts& counts_;
    std::map<ValueId, std::vector<StandIn>> stand_ins_;
};

} // namespace vkseg
