#pragma once

#include "ops/plan.hpp"
#include "vkseg/session.hpp"

#include <string>

/// Runs convolutions in another way than the device would choose.
namespace vkseg::test {

struct ForcedRun
{
    Tensor output;
    std::string kernels; ///< that it launched, a name and a space each
};

/// All convolutions of the graph are computed so. What the device or the shape does not allow is not done. Where
/// `registers` is not 0, everything else is planned as for a GPU that has so many and nothing else to prefer. Products
/// are in halves only if asked for, and only on devices with arithmetic of halves.
Result<ForcedRun> run_with_choice(const Device& device, const Graph& graph, const std::vector<NamedTensor>& inputs,
                                  Precision precision, const ConvolutionChoice& choice, int registers = 0,
                                  bool multiplies_halves = false);

} // namespace vkseg::test
