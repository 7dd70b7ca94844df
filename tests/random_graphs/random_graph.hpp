#pragma once

#include "random_graphs/source.hpp"
#include "vkseg/session.hpp"

#include <functional>
#include <map>
#include <string>

/// Graphs made by chance, with what the reference computes for every value of them.
///
/// Most values are multiples of a power of two, few enough that floats and halves hold them and sums of them without
/// rounding, whatever the order is: a device must then give the very same values, also of comparisons and searches.
/// Functions that round give values with bounds of their errors, which further nodes propagate. A node whose bound
/// would come near its values is not added, so that no wrong element goes unseen.
namespace vkseg::test {

/// What the reference says of a value, and how far devices may be from it in each precision.
struct ExpectedValue
{
    Tensor tensor;
    double error_f32 = 0;
    double error_f16 = 0;
};

struct RandomGraph
{
    Graph graph; ///< names of nodes tell their attributes
    std::vector<NamedTensor> inputs;
    std::map<ValueId, ExpectedValue> expected; ///< of all values but the parameters
};

RandomGraph random_graph(Source& source);

/// The first output that is not as expected, and where; empty if there is none. Also says why a run failed.
std::string compare_with_reference(const RandomGraph& random, const Device& device, const SessionOptions& options);

/// A smaller graph that is wrong as well.
RandomGraph shrink(RandomGraph random, const std::function<bool(const RandomGraph&)>& is_wrong);

/// The graph as text, a line for each input, constant and node.
std::string listing(const RandomGraph& random);

} // namespace vkseg::test
