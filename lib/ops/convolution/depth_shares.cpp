#include "ops/convolution/depth_shares.hpp"
#include "base/div_ceil.hpp"

#include "convolution/conv_partial_sums.h"
#include "convolution/epilogue.h"
#include "elementwise/unary_kind.h"

#include <algorithm>

namespace vkseg {
namespace {

/// Partial sums are f32 for every storage type of tensors.
constexpr Storage partial_storage = Storage::f32;

int64_t count_workgroups(const GroupTile& tile, int outputs, int batches, std::span<const ConvolutionPass> passes)
{
    const int64_t tiles = (outputs + tile.blocks * 4 - 1) / (tile.blocks * 4);
    int64_t workgroups = 0;
    for (const ConvolutionPass& pass : passes)
    {
        const int64_t pixels = int64_t(pass.grid.height) * pass.grid.width;
        workgroups += div_ceil(pixels, tile.pixels) * tiles * pass.grid.depth * batches;
    }
    return workgroups;
}

int64_t share_elements(const contract::Convolution& constants, const BlockRange& blocks)
{
    return int64_t(constants.batch) * blocks.count * constants.out_height * constants.out_width;
}

Shader partial_shader(Shader whole)
{
    ShaderTraits traits = shader_code(whole).traits;
    traits.partial = true;
    return find_variant(traits);
}

Dispatch sum_shares(const Dispatch& whole, contract::Convolution constants, const DepthShares& shares,
                    const Binding& sums)
{
    Dispatch dispatch = whole;
    dispatch.shader = partial_shader(whole.shader);
    // Activation and residual follow once the shares are added up.
    dispatch.specialization.set({contract::unary_kind_id, int(UnaryKind::identity)});
    dispatch.specialization.set({contract::residual_place_id, contract::residual_none});
    const int plane = constants.out_height * constants.out_width;
    constants.y = {.offset = -shares.blocks.first * plane, // kernels count blocks from the tensor's first
                   .batch_pitch = shares.blocks.count * plane,
                   .block_pitch = plane,
                   .row_pitch = constants.out_width};
    constants.share_steps = shares.steps;
    dispatch.push_constants = constants;
    dispatch.bindings = {sums, whole.bindings[1], whole.bindings[2]};
    dispatch.workgroup_count[2] *= uint32_t(shares.count);
    return dispatch;
}

Dispatch add_up(const Dispatch& whole, const contract::Convolution& constants, const DepthShares& shares,
                const Binding& sums, const Limits& limits)
{
    const int64_t elements = share_elements(constants, shares.blocks);
    Dispatch dispatch = {.shader = Shader::conv_partial_sums, .variant = whole.variant};
    dispatch.specialization = epilogue_constants(int(whole.specialization.at(contract::unary_kind_id)),
                                                 int(whole.specialization.at(contract::residual_place_id)));
    dispatch.push_constants = contract::PartialSums{.y = constants.y,
                                                    .residual = constants.residual,
                                                    .shares = shares.count,
                                                    .elements = int(elements),
                                                    .first_block = shares.blocks.first,
                                                    .blocks = shares.blocks.count,
                                                    .out_height = constants.out_height,
                                                    .out_width = constants.out_width,
                                                    .finish = constants.finish,
                                                    .out_channels = constants.out_channels,
                                                    .a = constants.a,
                                                    .b = constants.b};
    dispatch.bindings = {whole.bindings[0], sums, whole.bindings[3]};
    set_linear_grid(dispatch, elements, limits);
    dispatch.operations = 4.0 * double(elements) * shares.count;
    return dispatch;
}

} // namespace

bool has_long_sums(const ConvolutionChannels& channels, int max_taps)
{
    constexpr int64_t min_depth = 384;
    return int64_t(channels.group_inputs()) * max_taps >= min_depth;
}

DepthSharing find_sharing(const PlanRequest& request, const ConvolutionChannels& channels, const GroupTile& tile,
                          std::span<const ConvolutionPass> passes)
{
    if (tile.has_matrices())
        return {};
    if (request.choice && request.choice->shares > 0)
        return {.most = request.choice->shares};
    int max_taps = 0;
    for (const ConvolutionPass& pass : passes)
        max_taps = std::max(max_taps, pass.kernel.count());
    const int64_t workgroups = count_workgroups(tile, channels.outputs, request.outputs[0].batch(), passes);
    if (request.limits.preferences.shared_memory == SharedMemory::slow || !has_long_sums(channels, max_taps) ||
        workgroups == 0 || workgroups >= enough_workgroups)
        return {};
    constexpr int64_t wanted_workgroups = 4 * enough_workgroups; // while some wait for memory, others compute
    constexpr int64_t max_shares = 256;                          // more take longer to add up
    constexpr int min_slabs = 8;                                 // with fewer, the second launch costs as much
    return {.most = int(std::min(wanted_workgroups / workgroups, max_shares)), .min_slabs = min_slabs};
}

DepthShares share_depth(const DepthSharing& sharing, const WeightOrder& order, const contract::Convolution& constants,
                        const BlockRange& blocks, const Limits& limits)
{
    const int64_t steps = (order.tile_pitch() / order.tile_blocks() - 1) / 4; // for the tile with the most inputs
    const int64_t slabs = div_ceil(steps, contract::shared_slab_steps);
    const size_t bytes = size_t(share_elements(constants, blocks)) * element_bytes(partial_storage);
    const int64_t most = std::min({int64_t(sharing.most), slabs / sharing.min_slabs,
                                   int64_t(limits.max_workgroup_count[2]) / constants.batch,
                                   int64_t(limits.max_storage_buffer_range_bytes / bytes)});
    if (most < 2)
        return {};
    const int64_t slabs_each = div_ceil(slabs, most);
    return {.count = int(div_ceil(slabs, slabs_each)),
            .steps = int(slabs_each) * contract::shared_slab_steps,
            .blocks = blocks};
}

void add_shares(Plan& plan, const Dispatch& whole, const contract::Convolution& constants, const DepthShares& shares,
                const Limits& limits)
{
    const int64_t elements = share_elements(constants, shares.blocks) * shares.count;
    const Binding sums = scratch(uint32_t(plan.scratch_bytes.size()));
    plan.scratch_bytes.push_back(size_t(elements) * element_bytes(partial_storage));
    plan.dispatches.push_back(sum_shares(whole, constants, shares, sums));
    plan.dispatches.push_back(add_up(whole, constants, shares, sums, limits));
}

} // namespace vkseg
