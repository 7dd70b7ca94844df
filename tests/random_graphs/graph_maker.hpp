#pragma once

#include "random_graphs/known_value.hpp"

#include <functional>

/// What the makers of random nodes (random_nodes.cpp) share: choices, values so far, and how a node is added.
namespace vkseg::test {

class GraphMaker
{
public:
    explicit GraphMaker(Source& source) : source_(source) {}

    // Choices.
    int64_t number(int64_t least, int64_t most) { return least + int64_t(source_.next(uint32_t(most - least + 1))); }
    bool chance(uint32_t one_in) { return source_.next(one_in) == 0; }
    template <class T>
    T one_of(std::initializer_list<T> choices)
    {
        return choices.begin()[source_.next(uint32_t(choices.size()))];
    }

    /// A value that suits, the latest rather than others; null if there is none.
    const KnownValue* any(const std::function<bool(const KnownValue&)>& suits);
    const KnownValue& known(ValueId id) const { return known_.at(id); }
    bool is_graph_input(ValueId id) const;

    /// New values: multiples of 2^grain, up to `most` of them on each side of zero.
    Tensor multiples(const Shape& shape, int64_t most, int grain);
    Tensor integers(const Shape& shape, DType type, int64_t least, int64_t most);
    Tensor booleans(const Shape& shape);
    Shape shape(size_t rank, int64_t most_elements = 600);

    const KnownValue& input(const Tensor& tensor, int grain = 0);
    const KnownValue& constant(const Tensor& tensor, int grain = 0);
    /// An input or constant that is made for this type and shape, or a constant of them that there is already.
    const KnownValue& fresh(DType type, const Shape& shape);

    /// Adds a node, with parameters as constants. False, and nothing is added, if the operator does not take these
    /// inputs, or its result is too large or too far from exact. Outputs that are not floats must have exact inputs.
    bool add(const std::string& text, const Op& op, const std::vector<ValueId>& inputs, const Effect& effect,
             size_t outputs = 1);
    ValueId last() const { return last_; } ///< first output of the node that was added last

    RandomGraph finish();

private:
    const KnownValue& keep(ValueId id, DType type, const Tensor& tensor, int grain);

    Source& source_;
    RandomGraph made_;
    std::map<ValueId, KnownValue> known_;
    std::vector<ValueId> data_;      ///< what nodes may read: inputs and results
    std::vector<ValueId> constants_; ///< what nodes may share
    ValueId last_ = no_value;
};

/// Adds a node, or a few, of a random operator. False if there was nothing that it could read.
bool add_random_node(GraphMaker& maker);

} // namespace vkseg::test
