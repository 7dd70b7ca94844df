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

/// The weights' form (WeightOrder) says which tiles they are for, and has 16 bits for the operator.
constexpr uint32_t winograd_form(uint32_t blocks, int outputs, uint32_t own_bits = 0)
{
    return blocks | uint32_t(outputs) << 8 | own_bits << 16;
}
constexpr uint32_t winograd_blocks(uint32_t form) ///< of output channels in a tile of the products
{
    return form & 0xffu;
}
constexpr int winograd_outputs(uint32_t form) ///< the edge of a tile; 0: direct
{
    return int(form >> 8 & 0xffu);
}
constexpr uint32_t winograd_own_bits(uint32_t form)
{
    return form >> 16;
}

/// The plan for what Winograd's products read: scratch, which can be read as texels where the input is too large.
ConvolutionPlan winograd_plan(const PlanRequest& request, ConvolutionPlan plan);

/// The edge of the tiles that suit the passes on the device, 2 or 4, or 0 where the `direct` plan does. `shared` is the
/// winograd_plan.
int choose_winograd(const PlanRequest& request, const ConvolutionPlan& direct, const ConvolutionPlan& shared,
                    const WinogradPasses& passes);

/// The whole convolution, activation left out where the kernels do not fuse it. The weights, of the given form, are
/// those of the passes one after the other.
Result<Plan> plan_winograd(const PlanRequest& request, ConvolutionPlan shared, const WinogradPasses& passes,
                           uint32_t form);

/// Inputs along an edge of a tile.
constexpr int winograd_edge(int outputs)
{
    return outputs + 2;
}

/// G of the transformed weights G g Gᵀ of a window g, for tiles with so many outputs along each edge.
std::vector<std::array<float, 3>> winograd_rows(int outputs);

} // namespace vkseg
