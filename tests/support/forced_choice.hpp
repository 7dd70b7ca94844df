#pragma once

#include "ops/plan.hpp"
#include "runtime/program.hpp"
#include "vkseg/session.hpp"

#include <string>

/// Runs convolutions with a given choice instead of the device's own.
namespace vkseg::test {

struct ForcedRun
{
    Tensor output;
    std::string kernels; ///< names of the launched kernels, each followed by a space
};

/// Computes all convolutions of the graph with `choice`, except where the device or a shape does not allow it. If
/// `registers` is not 0, everything else is planned for a GPU with that many registers and no other preferences, in f32
/// with shared pipelines and in f16 without.
/// `multiplies_halves` makes convolutions multiply in f16 on devices with f16 arithmetic.
Result<ForcedRun> run_with_choice(const Device& device, const Graph& graph, const std::vector<NamedTensor>& inputs,
                                  Precision precision, const ConvolutionChoice& choice, int registers = 0,
                                  bool multiplies_halves = false);

/// Plans the same without running it.
Result<Program> plan_with_choice(const Device& device, const Graph& graph, Precision precision,
                                 const ConvolutionChoice& choice, int registers, bool multiplies_halves);

/// Names of the launched kernels, each followed by a space.
std::string kernels_of(const Program& program);

} // namespace vkseg::test
