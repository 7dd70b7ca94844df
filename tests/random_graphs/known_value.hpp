#pragma once

#include "random_graphs/random_graph.hpp"

#include <optional>

/// How errors of rounding go through a graph. All bounds are of the largest absolute value of a tensor.
namespace vkseg::test {

/// What is known of a value when nodes that read it are chosen.
struct KnownValue
{
    ValueId id = no_value;
    DType type = DType::f32;
    Tensor tensor;        ///< as the reference has it, in the type of the value
    double magnitude = 0; ///< of its largest value
    double terms = 0;     ///< of the sum of absolute terms that it was computed from; at least `magnitude`
    /// All values are multiples of 2^grain and so few of them that no float or half rounds; none: they have errors.
    std::optional<int> grain = 0;
    double error_f32 = 0;
    double error_f16 = 0;

    const Shape& shape() const { return tensor.shape(); }
    bool is_exact() const { return grain.has_value(); }
};

/// What an operator does to errors.
struct Effect
{
    double error_f32 = 0; ///< what it makes of its inputs' errors
    double error_f16 = 0;
    std::optional<int> grain; ///< of the result, if it can be exact
    double terms = 0;         ///< of the largest sum of absolute terms; 0: values are only moved
    double count = 1;         ///< of terms in a sum
};

/// Values that are moved or chosen from: errors stay as they are.
Effect moves(std::initializer_list<const KnownValue*> from);
/// A function that makes errors larger by no more than `gain`, and whose results are rounded.
Effect rounds(const KnownValue& x, double gain, double largest_result);
/// A sum of `count` products of the values of `x` and `y`.
Effect sums_products(const KnownValue& x, const KnownValue& y, double count);

/// A value of a graph, if its errors are small beside it and its values fit halves and 32-bit integers.
std::optional<KnownValue> known_value(const Tensor& tensor, DType type, const Effect& effect);

} // namespace vkseg::test
