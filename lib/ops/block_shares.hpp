#pragma once

#include "ops/plan.hpp"

/// Launches of kernels that compute every block of channels independently: one launch, or several shares of the blocks
/// if a tensor is larger than one binding may be.
namespace vkseg {

/// Maximum number of launches of one node. Each costs the host about a kilobyte and 10 µs.
constexpr int64_t max_node_launches = int64_t(1) << 16;
/// Fails with unsupported if a node would take more than max_node_launches.
Status check_launches(int64_t count);

struct BlockShare
{
    int first_batch = 0;
    int batches = 1;
    int first_block = 0;
    int blocks = 1;
};

/// Divides the operands into shares. The blocked operands must agree in batch and channels; missing ones are ignored.
Result<std::vector<BlockShare>> share_blocks(std::span<const Operand* const> operands, const Limits& limits);

/// The share's part of an operand. In its view, the share's first batch entry and block have index 0.
BlockWindow bind_share(Binding whole, const Operand& operand, const BlockShare& share, const Limits& limits);

/// Shares in which `x`, bound by the limits `reading`, fits texel buffers: on devices that prefer them, if they can
/// hold a few blocks of `x` and `y` fits a binding. Otherwise shares for storage buffers.
struct TexelShares
{
    std::vector<BlockShare> shares;
    Limits reading; ///< for bind_share of x
};
Result<TexelShares> share_texels(const Operand& y, const Operand& x, const Limits& limits);

/// Sets a grid of one invocation for each element of the share of `operand`: linear_index() is its index in the blocks
/// of a batch entry, gl_GlobalInvocationID.z the batch entry.
void set_share_grid(Dispatch& dispatch, const Operand& operand, const BlockShare& share, const Limits& limits);

/// Number of blocks that an invocation should compute so that they share the search for their inputs.
int blocks_per_invocation(int blocks, int max_blocks = 4);

} // namespace vkseg
