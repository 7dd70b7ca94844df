#pragma once

#include "conv.h"
#include "ops/convolution.hpp"

/// How the depth of a convolution, its inputs times its taps, is shared by workgroups of the shared kernels, which is
/// known as split-K: where outputs are few and their sums long, a workgroup for each tile of outputs would leave most
/// of a large GPU idle. Each share's sums are kept in scratch memory, and a launch behind adds them up in their order,
/// so that results are the same bits in every run.
namespace vkseg {

/// A few for each unit of a large GPU.
inline constexpr int64_t enough_workgroups = 256;

/// Whether it may pay to share the depth.
bool has_long_sums(const ConvolutionChannels& channels, int most_taps);

/// What the choice says, or else what makes enough workgroups in all passes together: they run side by side.
DepthSharing find_sharing(const PlanRequest& request, const ConvolutionChannels& channels, const GroupTile& tile,
                          std::span<const ConvolutionPass> passes);

/// Of an output's channels.
struct BlockRange
{
    int first = 0;
    int count = 0;
};

/// The shares of a launch that computes some blocks of a grid.
struct DepthShares
{
    int count = 1;
    int steps = 0; ///< of each, the last may have fewer
    BlockRange blocks;
};

/// As many as are allowed and as fit a binding.
DepthShares share_depth(const DepthSharing& sharing, const WeightOrder& order, const contract::Convolution& constants,
                        const BlockRange& blocks, const Limits& limits);

/// Adds what computes the launch of a shared kernel in shares, with scratch memory of its own.
void add_shares(Plan& plan, const Dispatch& whole, const contract::Convolution& constants, const DepthShares& shares,
                const Limits& limits);

} // namespace vkseg
