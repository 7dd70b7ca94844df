#pragma once

#include "ops/convolution.hpp"

/// Convolutions with windows of 3 × 3 and stride 1 by Winograd's minimal filtering (shaders/shared/winograd.glsl):
/// tiles of inputs are transformed, multiplied by transformed weights as one matrix product for each position in the
/// tile, and the products transformed to outputs. A tile of 2 × 2 outputs takes 16 multiplications instead of 36, one
/// of 4 × 4 takes 36 instead of 144.
namespace vkseg {

/// A convolution with windows of 3 × 3, or several of the same inputs: the phases of a transposed convolution.
struct WinogradPasses
{
    /// What they all read; its grid holds all of theirs.
    ConvolutionPass window;
    /// Where each writes, and how much the direct kernels would multiply for it.
    std::vector<ConvolutionPass> passes;
};

/// The plan for what Winograd's products read: scratch, which can be read as texels where the input is too large.
ConvolutionPlan winograd_plan(const PlanRequest& request, ConvolutionPlan plan);

/// The edge of the tiles that suit the passes on the device, 2 or 4, or 0 where the `direct` plan does. `shared` is the
/// winograd_plan.
int choose_winograd(const PlanRequest& request, const ConvolutionPlan& direct, const ConvolutionPlan& shared,
                    const WinogradPasses& passes);

/// The whole convolution, activation left out where the kernels do not fuse it. The weights, in the given layout,
/// are those of the passes one after the other.
Result<Plan> plan_winograd(const PlanRequest& request, ConvolutionPlan shared, const WinogradPasses& passes,
                           const WeightLayout& layout);

/// Inputs along an edge of a tile.
constexpr int winograd_edge(int outputs)
{
    return outputs + 2;
}

/// G of the transformed weights G g Gᵀ of a window g, for tiles with so many outputs along each edge.
std::vector<std::array<float, 3>> winograd_rows(int outputs);

} // namespace vkseg
