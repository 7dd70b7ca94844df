#pragma once

#include "ops/plan.hpp"

/// How kernels that treat every block of channels by itself are launched: at once, or in shares of the blocks where a
/// tensor is larger than one binding may be.
namespace vkseg {

/// Launches that one node may take. Each costs the host about a kilobyte and 10 µs.
constexpr int64_t most_node_launches = int64_t(1) << 16;
/// Fails with unsupported if a node would take more than most_node_launches.
Status check_launches(int64_t count);

struct BlockShare
{
    int first_batch = 0;
    int batches = 1;
    int first_block = 0;
    int blocks = 1;
};

/// The blocked operands must agree in batch and channels; those that are not present do not count.
Result<std::vector<BlockShare>> share_blocks(std::span<const Operand* const> operands, const Limits& limits);

/// The share's part of an operand. In its view, the share's first batch entry and block are number 0.
BlockWindow bind_share(Binding whole, const Operand& operand, const BlockShare& share, const Limits& limits);

/// Shares in which `x`, bound by `reading` limits, fits texel buffers, on devices that prefer them, if these hold a few
/// blocks of it and `y` fits a binding.
struct TexelShares
{
    std::vector<BlockShare> shares;
    Limits reading; ///< for bind_share of x
};
Result<TexelShares> share_texels(const Operand& y, const Operand& x, const Limits& limits);

/// One invocation for each element of the share of `operand`: linear_index() is its place in the blocks of a batch
/// entry, gl_GlobalInvocationID.z the batch entry.
void set_share_grid(Dispatch& dispatch, const Operand& operand, const BlockShare& share, const Limits& limits);

/// How many of `blocks` blocks an invocation should compute, up to 4, where they share the search for what to read.
int blocks_per_invocation(int blocks);

} // namespace vkseg
