#include "ops/convolution_kernels.hpp"

#include "base/try.hpp"
#include "ops/depth_shares.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Of fewer outputs a tile leaves too much idle, unless its depth is shared.
constexpr int least_outputs = 24;

/// Of a subgroup that shares weights, each loads one of so many (shaders/conv.comp).
constexpr uint32_t shuffled_weights = 8;

bool is_pointwise(const ConvolutionPass& pass, const Operand& x)
{
    return pass.kernel.count() == 1 && pass.stride.height == 1 && pass.stride.width == 1 && pass.origin.height == 0 &&
           pass.origin.width == 0 && pass.grid.height <= x.height() && pass.grid.width <= x.width();
}

ShaderTraits depthwise_traits(const ConvolutionPlan& shared, const ConvolutionPass& pass, bool sums_slices)
{
    const bool is_dense = pass.kernel.height == pass.kernel.width && pass.stride.height == 1 &&
                          pass.stride.width == 1 && pass.dilation.height == 1 && pass.dilation.width == 1;
    const int edge = pass.kernel.width;
    if (sums_slices || !is_dense || (edge != 3 && edge != 5))
        return {.family = ShaderFamily::conv_depthwise, .read_texels = shared.reads_texels, .volume = sums_slices};
    return {.family = ShaderFamily::conv_depthwise_tiles,
            .bounded = edge == 3 && shared.only_bounds(),
            .kernel = edge,
            .read_texels = shared.reads_texels};
}

ShaderTraits traits_of(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request)
{
    const bool sums_slices = pass.sums_slices(request.inputs[0].depth());
    if (shared.blocks == 0)
        return depthwise_traits(shared, pass, sums_slices);
    const bool has_half_weights = shared.weights != request.real;
    if (shared.group_tile)
    {
        if (shared.group_tile->has_matrices())
            return {.family = ShaderFamily::conv_matrices};
        return {.family = ShaderFamily::conv_shared,
                .half_weights = has_half_weights,
                .pixels = shared.group_tile->pixels / int(shared.group_tile->invocations[0]),
                .volume = sums_slices};
    }
    const bool is_narrow = shared.blocks == 1;
    ShaderTraits traits = {.family = ShaderFamily::conv,
                           .blocks = shared.takes_phases ? 4 : shared.blocks,
                           .is_pointwise = !sums_slices && !is_narrow && is_pointwise(pass, request.inputs[0]),
                           .phases = shared.takes_phases,
                           .read_texels = shared.reads_texels,
                           .shuffle_weights = shared.shuffles_weights && !is_narrow,
                           .volume = sums_slices,
                           .weight_texels = shared.reads_weight_texels};
    traits.half_weights = traits.is_pointwise && has_half_weights && !traits.read_texels && !traits.weight_texels;
    constexpr int64_t many_pixels = 64; // of fewer, longer tiles leave lanes idle
    const bool is_long = traits.is_pointwise && traits.read_texels && !traits.shuffle_weights && !traits.phases &&
                         request.limits.is_software && pass.grid.count() >= many_pixels;
    if (traits.is_pointwise && traits.read_texels)
        traits.pixels = is_long ? 8 : 4;
    return traits;
}

ConvolutionKernel preferred_kernel(const Limits& limits, Storage inputs)
{
    if (!limits.is_software && inputs == Storage::f16 && matrix_tile(limits))
        return ConvolutionKernel::matrices;
    // Staging in shared memory takes three to four times as long on software devices, and gains nothing on GPUs whose
    // shared memory is no nearer than their caches: many of those that share the processor's memory.
    if (limits.is_discrete)
        return ConvolutionKernel::shared;
    return prefers_texels(limits) ? ConvolutionKernel::shuffled : ConvolutionKernel::direct;
}

/// Whether passes with few workgroups are cut into shares.
bool shares_depth(const ConvolutionChannels& channels, const KernelNeeds& needs)
{
    return needs.may_share_depth && has_long_sums(channels, needs.most_taps);
}

int64_t count_pixels(const Operand& y)
{
    return int64_t(y.batch()) * y.rows() * y.width();
}

/// Without a choice: of few inputs there is little to share, and of few outputs the direct kernels do better, unless
/// they leave more of a large GPU idle while their few invocations walk long sums.
bool suits_shared_kernels(const ConvolutionChannels& channels, const KernelNeeds& needs, const Operand& y)
{
    constexpr int least_depth = 32;
    if (channels.outputs >= least_outputs)
        return channels.group_inputs() * needs.most_taps >= least_depth;
    constexpr int least_outputs_of_long_sums = 9; // half of the narrowest tile's blocks
    constexpr int64_t enough_invocations = 65536;
    const int64_t invocations = (count_pixels(y) + 7) / 8 * ((y.blocks() + 1) / 2);
    return channels.outputs >= least_outputs_of_long_sums && shares_depth(channels, needs) &&
           invocations < enough_invocations;
}

int64_t count_workgroups(const GroupTile& tile, const Operand& y)
{
    return (count_pixels(y) + tile.pixels - 1) / tile.pixels * ((y.blocks() + tile.blocks - 1) / tile.blocks);
}

/// Without a choice: there is no build of them that computes shares of the depth, and with less than a workgroup for
/// each unit of a large GPU shares or Winograd are faster.
bool suits_matrices(const GroupTile& tile, const ConvolutionChannels& channels, const KernelNeeds& needs,
                    const Operand& y)
{
    constexpr int64_t too_few_workgroups = 128;
    return channels.outputs >= least_outputs &&
           !(shares_depth(channels, needs) && count_workgroups(tile, y) < too_few_workgroups);
}

/// The tile that suits the outputs.
const GroupTile& preferred_tile(const ConvolutionChannels& channels, const KernelNeeds& needs, const Operand& y)
{
    const auto& [large, flat, narrow, wide] = shared_tiles;
    (void)wide; // only where it was measured to be better
    const int tail = channels.outputs % (large.blocks * 4);
    if (tail != 0 && tail <= narrow.blocks * 4 && channels.outputs < 4 * large.blocks * 4)
        return narrow;
    const int64_t pixels = count_pixels(y);
    if (shares_depth(channels, needs)) // shares make more workgroups
        return pixels <= flat.pixels ? flat : large;
    return count_workgroups(large, y) < enough_workgroups ? flat : large;
}

/// What a workgroup of the wanted kernels computes; none where they are not for this convolution.
std::optional<GroupTile> find_group_tile(ConvolutionKernel wanted, const ConvolutionPlan& plan,
                                         const PlanRequest& request, const KernelNeeds& needs)
{
    if (wanted != ConvolutionKernel::shared && wanted != ConvolutionKernel::matrices)
        return std::nullopt;
    const Limits& limits = request.limits;
    const ConvolutionChannels& channels = plan.channels;
    const Operand& y = request.outputs[0];
    if (!request.choice && !suits_shared_kernels(channels, needs, y))
        return std::nullopt;
    std::optional<GroupTile> matrices;
    if (wanted == ConvolutionKernel::matrices && needs.inputs == Storage::f16 && !needs.sums_slices)
        matrices = matrix_tile(limits);
    if (matrices && !request.choice && !suits_matrices(*matrices, channels, needs, y))
        matrices.reset();
    const GroupTile& tile = matrices         ? *matrices
                            : request.choice ? shared_tiles[request.choice->tile]
                                             : preferred_tile(channels, needs, y);
    const WeightOrder order = {.channels = channels, .taps = needs.most_taps, .blocks = tile.blocks};
    const size_t weights_bytes = size_t(order.tile_pitch()) * element_bytes(plan.weights);
    const bool fits_weights = weights_bytes + binding_alignment(limits) <= limits.max_storage_buffer_range_bytes;
    const auto fits = [&](const Operand& operand) // at least a window of one tile
    {
        return operand.buffer_bytes <= limits.max_storage_buffer_range_bytes ||
               blocks_per_window(operand, limits) >= size_t(tile.blocks);
    };
    if ((channels.groups > 1 && channels.group_outputs() % (tile.blocks * 4) != 0) || !fits_weights || !fits(y) ||
        (plan.residual && !fits(*plan.residual)))
        return std::nullopt;
    return tile;
}

} // namespace

size_t blocks_per_window(const Operand& operand, const Limits& limits)
{
    const size_t block_bytes = size_t(operand.view.block_pitch) * element_bytes(operand.storage);
    return (limits.max_storage_buffer_range_bytes - limits.storage_buffer_alignment_bytes) / block_bytes;
}

ConvolutionShader find_shader(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request)
{
    const Shader shader = find_variant(traits_of(shared, pass, request));
    const ShaderTraits& traits = shader_code(shader).traits;
    if (traits.family != ShaderFamily::conv_depthwise_tiles)
        return {.shader = shader, .pixels = traits.pixels};
    constexpr int tile_columns = 4;
    return {.shader = shader, .pixels = traits.pixels, .tile = {traits.tile_rows, tile_columns}};
}

std::optional<GroupTile> matrix_tile(const Limits& limits)
{
    const MatrixExtension extension = shader_code(Shader::conv_matrices).needs;
    const MatrixShape shape = extension == MatrixExtension::khr  ? limits.khr_matrix
                              : extension == MatrixExtension::nv ? limits.nv_matrix
                                                                 : MatrixShape{};
    const uint32_t invocations = 4 * limits.subgroup_size;
    if (shape.rows == 0 || limits.subgroup_size % shape.columns != 0 ||
        invocations > std::min(limits.max_workgroup_invocations, limits.max_workgroup_size[0]))
        return std::nullopt;
    return GroupTile{.invocations = {invocations, 1},
                     .pixels = int(4 * shape.columns),
                     .blocks = int(shape.rows),
                     .matrices = shape};
}

Result<ConvolutionPlan> choose_convolution(const PlanRequest& request, const ConvolutionChannels& channels,
                                           std::span<const ConvolutionPass> passes, const Activation& activation,
                                           const Operand* residual)
{
    const Limits& limits = request.limits;
    int most_taps = 0;
    bool sums_slices = false;
    for (const ConvolutionPass& pass : passes)
    {
        most_taps = std::max(most_taps, pass.kernel.count());
        sums_slices = sums_slices || pass.sums_slices(request.inputs[0].depth());
    }
    ConvolutionPlan shared = {
        .channels = channels, .activation = activation, .residual = residual, .weights = request.real};
    choose_kernel(
        shared, request,
        {.most_taps = most_taps,
         .sums_slices = sums_slices,
         .inputs = request.real,
         .may_read_texels = fits_texels(request.inputs[0], limits) && (!residual || fits_texels(*residual, limits))});
    if (!shared.reads_texels)
        VKSEG_TRY(check_binding("input", request.inputs[0], limits));
    if (shared.group_tile)
        shared.sharing = find_sharing(request, channels, *shared.group_tile, passes);
    return shared;
}

void choose_kernel(ConvolutionPlan& plan, const PlanRequest& request, const KernelNeeds& needs)
{
    const Limits& limits = request.limits;
    const ConvolutionChannels& channels = plan.channels;
    const ConvolutionKernel wanted = request.choice ? request.choice->kernel : preferred_kernel(limits, needs.inputs);
    plan.group_tile = find_group_tile(wanted, plan, request, needs);
    if (plan.group_tile)
    {
        plan.reads_texels = plan.reads_weight_texels = plan.shuffles_weights = false;
        plan.blocks = plan.group_tile->blocks;
        return;
    }
    const auto blocks_of = [&](int wide)
    {
        const bool is_narrow =
            channels.outputs <= 4 || (channels.groups > 1 && channels.group_outputs() % (wide * 4) != 0);
        return channels.is_depthwise() ? 0 : is_narrow ? 1 : wide;
    };
    // A launch reads the weights of one tile at least.
    const WeightOrder order = {.channels = channels, .taps = needs.most_taps, .blocks = blocks_of(4)};
    const size_t slack = binding_alignment(limits) / element_bytes(plan.weights);
    const bool wants_texels = wanted == ConvolutionKernel::texels || wanted == ConvolutionKernel::shuffled;
    const bool fits_weights = size_t(order.tile_pitch()) + slack <= limits.max_texel_buffer_elements;
    plan.reads_texels = wants_texels && needs.may_read_texels && fits_weights;
    plan.reads_weight_texels =
        wants_texels && !needs.may_read_texels && needs.may_read_weight_texels && fits_weights && order.blocks == 4;
    plan.shuffles_weights = wanted == ConvolutionKernel::shuffled && plan.reads_texels && limits.has_subgroup_shuffle &&
                            limits.subgroup_size >= shuffled_weights;
    plan.blocks = blocks_of(plan.reads_texels || plan.reads_weight_texels ? 4 : 2);
}

} // namespace vkseg
