#pragma once

#include "convolution/conv.h"
#include "ops/convolution/convolution.hpp"

/// Split-K for the shared kernels: several workgroups share the depth of a convolution, its inputs times its taps. If
/// outputs are few and their sums long, one workgroup for each tile of outputs would leave most of a large GPU idle.
/// The sums of each share are kept in scratch memory, and a second launch adds them up in order of the shares, so that
/// results are bit-identical in every run.
namespace vkseg {

/// A few workgroups for each compute unit of a large GPU.
inline constexpr int64_t enough_workgroups = 256;

/// True if sums are so long that sharing the depth may pay.
bool has_long_sums(const ConvolutionChannels& channels, int max_taps);

/// The number of shares of the choice, if there is one; otherwise enough to have enough workgroups in all passes
/// together, as passes run concurrently.
DepthSharing find_sharing(const PlanRequest& request, const ConvolutionChannels& channels, const GroupTile& tile,
                          std::span<const ConvolutionPass> passes);

/// A range of blocks of output channels.
struct BlockRange
{
    int first = 0;
    int count = 0;
};

/// The shares of a launch that computes some blocks of a grid.
struct DepthShares
{
    int count = 1;
    int steps = 0; ///< in each share; the last may have fewer
    BlockRange blocks;
};

/// The largest number of shares that `sharing` allows and that fits a binding.
DepthShares share_depth(const DepthSharing& sharing, const WeightOrder& order, const contract::Convolution& constants,
                        const BlockRange& blocks, const Limits& limits);

/// Adds the launches that compute the launch `whole` of a shared kernel in shares, with their own scratch memory.
void add_shares(Plan& plan, const Dispatch& whole, const contract::Convolution& constants, const DepthShares& shares,
                const Limits& limits);

} // namespace vkseg
