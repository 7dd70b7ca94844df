#pragma once

#include "ops/convolution/convolution.hpp"

/// Convolutions with windows of 3 × 3 and stride 1 by Winograd's minimal filtering (shaders/convolution/winograd.glsl):
/// tiles of inputs are transformed, multiplied by transformed weights as one matrix product for each position in the
/// tile, and the products transformed to outputs. A tile of 2 × 2 outputs takes 16 multiplications instead of 36, one
/// of 4 × 4 takes 36 instead of 144.
namespace vkseg {

/// A convolution with windows of 3 × 3, or several of the same inputs: the phases of a transposed convolution.
struct WinogradPasses
{
    /// The window that all passes read; its grid holds the grids of all passes.
    ConvolutionPass window;
    /// The outputs of each pass, and the multiplications that it takes with the direct kernels.
    std::vector<ConvolutionPass> passes;
};

/// The plan for the products of Winograd: they read scratch memory, which texel buffers can hold even if the input is
/// too large for one.
ConvolutionPlan winograd_products(const PlanRequest& request, ConvolutionPlan plan);

/// The edge of the tiles that suit the passes on the device: 2 or 4, or 0 if the `direct` plan suits better. `shared`
/// is the result of winograd_products.
int choose_winograd(const PlanRequest& request, const ConvolutionPlan& direct, const ConvolutionPlan& shared,
                    const WinogradPasses& passes);

/// Plans the whole convolution, without the activation if the kernels do not fuse it. The weights, in the given layout,
/// are those of the passes one after the other.
Result<Plan> plan_winograd(const PlanRequest& request, ConvolutionPlan shared, const WinogradPasses& passes,
                           const WeightLayout& layout);

/// Number of inputs along an edge of a tile.
constexpr int winograd_edge(int outputs)
{
    return outputs + 2;
}

/// G of the transformed weights G g Gᵀ of a window g, for tiles with this many outputs along each edge.
std::vector<std::array<float, 3>> winograd_rows(int outputs);

} // namespace vkseg
