#include "ops/block_shares.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"

#include <algorithm>

namespace vkseg {
namespace {} // namespace

Status check_launches(int64_t count)
{
    if (count <= max_node_launches)
        return {};
    return Status(StatusCode::unsupported, "expected at most " + std::to_string(max_node_launches) +
                                               " kernel launches for its batch entries and slices, got " +
                                               std::to_string(count));
}

Result<std::vector<BlockShare>> share_blocks(std::span<const Operand* const> operands, const Limits& limits)
{
    const Operand& first = *operands.front();
    BlockShare most = {.batches = int(std::min<size_t>(size_t(first.batch()), limits.max_workgroup_count[2])),
                       .blocks = int(std::min<size_t>(size_t(first.blocks()), limits.max_workgroup_count[1]))};
    for (const Operand* operand : operands)
    {
        if (!operand->is_present || operand->buffer_bytes <= limits.max_storage_buffer_range_bytes)
            continue;
        most.batches = 1; // a window of several batch entries would hold everything between them
        // The window's start is moved back to an aligned offset.
        const size_t usable = limits.max_storage_buffer_range_bytes - limits.storage_buffer_alignment_bytes;
        const size_t blocks = usable / (size_t(operand->view.block_pitch) * element_bytes(operand->storage));
        if (blocks == 0)
            return check_binding("tensor", *operand, limits);
        most.blocks = int(std::min(size_t(most.blocks), blocks));
    }
    const int64_t count = div_ceil(first.batch(), most.batches) * div_ceil(first.blocks(), most.blocks);
    VKSEG_TRY(check_launches(count));
    std::vector<BlockShare> shares;
    for (int batch = 0; batch < first.batch(); batch += most.batches)
    {
        for (int block = 0; block < first.blocks(); block += most.blocks)
            shares.push_back({.first_batch = batch,
                              .batches = std::min(most.batches, first.batch() - batch),
                              .first_block = block,
                              .blocks = std::min(most.blocks, first.blocks() - block)});
    }
    return shares;
}

BlockWindow bind_share(Binding whole, const Operand& operand, const BlockShare& share, const Limits& limits)
{
    Operand part = operand;
    part.shape[0] = share.batches;
    part.view.offset += share.first_batch * operand.view.batch_pitch;
    if (operand.buffer_bytes > limits.max_storage_buffer_range_bytes)
        return block_window(whole, part, share.first_block, share.blocks, limits);
    part.view.offset += share.first_block * operand.view.block_pitch;
    return {.binding = whole, .view = part.view};
}

void set_share_grid(Dispatch& dispatch, const Operand& operand, const BlockShare& share, const Limits& limits)
{
    set_linear_grid(dispatch, int64_t(share.blocks) * operand.rows() * operand.width(), limits);
    dispatch.workgroup_count[2] = uint32_t(share.batches);
}

Result<TexelShares> share_texels(const Operand& y, const Operand& x, const Limits& limits)
{
    constexpr size_t few_blocks = 2; // fewer would make too many launches
    const size_t element = element_bytes(x.storage);
    const size_t max_bytes =
        std::min(limits.max_texel_buffer_elements * element, limits.max_storage_buffer_range_bytes);
    const size_t wanted_bytes =
        few_blocks * size_t(x.view.block_pitch) * element + limits.storage_buffer_alignment_bytes;
    TexelShares found = {.shares = {}, .reading = limits};
    if (limits.preferences.reads_texels && y.buffer_bytes <= limits.max_storage_buffer_range_bytes &&
        wanted_bytes <= max_bytes)
    {
        const Operand* const input[] = {&x};
        found.reading.max_storage_buffer_range_bytes = max_bytes;
        VKSEG_ASSIGN(found.shares, share_blocks(input, found.reading));
        return found;
    }
    const Operand* const operands[] = {&y, &x};
    VKSEG_ASSIGN(found.shares, share_blocks(operands, limits));
    return found;
}

int blocks_per_invocation(int blocks, int max_blocks)
{
    // The search costs about as much as a block. A missing block costs as much as a present one.
    const auto cost = [blocks](int each) { return div_ceil(blocks, each) * (each + 1); };
    int best = max_blocks;
    for (int each = max_blocks - 1; each >= 1; --each)
    {
        if (cost(each) < cost(best))
            best = each;
    }
    return best;
}

} // namespace vkseg
