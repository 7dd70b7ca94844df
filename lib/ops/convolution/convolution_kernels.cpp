#include "ops/convolution/convolution_kernels.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/convolution/depth_shares.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Minimum number of outputs: with fewer, a tile leaves too many invocations idle, unless its depth is shared.
constexpr int min_outputs = 24;

/// Each invocation of a subgroup that shuffles weights loads one of this many (shaders/convolution/conv.comp).
constexpr uint32_t shuffled_weights = 8;

/// Tiles of the other kernels of conv.comp, the largest first; conv_phases has the four phases in place of blocks.
constexpr DirectTile narrow_tiles[] = {{8, 1}, {4, 1}, {2, 1}};
constexpr DirectTile long_tile = {8, 4}; // conv_pointwise_long
constexpr DirectTile phase_tiles[] = {{4, 4}, {2, 4}, {1, 4}};

/// Tiles of conv_depthwise_tiles.comp, for each size of kernel the largest first.
struct DepthwiseTile
{
    int kernel = 0;
    int rows = 0;

    friend bool operator==(const DepthwiseTile&, const DepthwiseTile&) = default;
};
constexpr int tile_columns = 4;
constexpr DepthwiseTile depthwise_tiles[] = {{3, 4}, {3, 2}, {3, 1}, {5, 2}, {5, 1}};

/// Estimate of the registers: sums, one row of inputs, the taps, and addresses. Tiles of one row hold one tap at a
/// time. In larger tiles, compilers load the next row ahead, which costs registers if halves are converted.
int registers_of(const DepthwiseTile& tile, Storage inputs, bool has_scalar_registers)
{
    constexpr int addresses = 12;
    const bool is_row = tile.rows == 1;
    const int sums = tile_columns * tile.rows;
    const int row = tile.kernel + tile_columns - 1;
    const int taps = has_scalar_registers ? 0 : is_row ? 1 : tile.kernel * tile.kernel;
    const int next_row = inputs == Storage::f16 && !is_row ? 2 * row : 0;
    return 4 * (sums + row + taps) + next_row + addresses;
}

/// Register budget of a kernel's tile; the loop over the slices of a volume takes some.
int registers_besides_slices(const Preferences& preferences, bool sums_slices)
{
    constexpr int registers_of_slices = 8;
    return preferences.registers - (sums_slices ? registers_of_slices : 0);
}

bool is_pointwise(const ConvolutionPass& pass, const Operand& x)
{
    return pass.kernel.count() == 1 && pass.stride.height == 1 && pass.stride.width == 1 && pass.origin.height == 0 &&
           pass.origin.width == 0 && pass.grid.height <= x.height() && pass.grid.width <= x.width();
}

bool multiplies_halves(const Limits& limits, Storage inputs)
{
    return limits.preferences.multiplies_halves && inputs == Storage::f16;
}

ShaderTraits depthwise_traits(const ConvolutionPlan& shared, const ConvolutionPass& pass, bool sums_slices,
                              const Preferences& preferences)
{
    const bool is_dense = pass.kernel.height == pass.kernel.width && pass.stride.height == 1 &&
                          pass.stride.width == 1 && pass.dilation.height == 1 && pass.dilation.width == 1;
    const Storage read = shared.reads_texels ? Storage::f32 : shared.weights; // texture units convert halves
    const auto suits = [&](const DepthwiseTile& tile)
    {
        const int registers = registers_of(tile, read, preferences.has_scalar_registers);
        return tile.kernel == pass.kernel.width && registers <= preferences.unshared_registers();
    };
    const auto tile = std::find_if(std::begin(depthwise_tiles), std::end(depthwise_tiles), suits);
    const bool has_tile = !sums_slices && is_dense && tile != std::end(depthwise_tiles);
    if (!has_tile && shared.multiplies_bytes())
    {
        constexpr int registers_of_four_pixels = 48;
        return {.family = ShaderFamily::conv_depthwise_bytes,
                .bytes = true,
                .pixels = preferences.registers >= registers_of_four_pixels ? 4 : 2};
    }
    if (!has_tile)
    {
        const int many_registers = shared.weights == Storage::f16 ? 64 : 72; // on Mali, four pixels of f32 spill
        const int registers = registers_besides_slices(preferences, sums_slices);
        return {.family = ShaderFamily::conv_depthwise,
                .pixels = shared.reads_texels || registers >= many_registers ? 4 : 2,
                .read_texels = shared.reads_texels,
                .volume = sums_slices};
    }
    constexpr DepthwiseTile bounded_tile = {3, 4};
    return {.family = ShaderFamily::conv_depthwise_tiles,
            .bounded = *tile == bounded_tile && !preferences.shares_pipelines && shared.only_bounds() &&
                       !shared.multiplies_bytes(),
            .bytes = shared.multiplies_bytes(),
            .kernel = tile->kernel,
            .read_texels = shared.reads_texels,
            .tile_rows = tile->rows};
}

ShaderTraits byte_traits(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request)
{
    return {.family = ShaderFamily::conv_bytes,
            .blocks = shared.blocks,
            .bytes = true,
            .is_pointwise = shared.blocks > 1 && is_pointwise(pass, request.inputs[0]),
            .packed_dot = request.limits.has_packed_dot,
            .pixels = shared.blocks > 1 ? shared.pixels : 4};
}

ShaderTraits traits_of(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request)
{
    const bool sums_slices = pass.sums_slices(request.inputs[0].depth());
    if (shared.blocks == 0)
        return depthwise_traits(shared, pass, sums_slices, request.limits.preferences);
    if (shared.multiplies_bytes())
        return byte_traits(shared, pass, request);
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
    const Limits& limits = request.limits;
    const int registers = limits.preferences.registers;
    ShaderTraits traits = {.family = ShaderFamily::conv,
                           .blocks = shared.takes_phases ? 4 : shared.blocks,
                           .is_pointwise = !sums_slices && !is_narrow && is_pointwise(pass, request.inputs[0]),
                           .phases = shared.takes_phases,
                           .read_texels = shared.reads_texels,
                           .shuffle_weights = shared.shuffles_weights && !is_narrow,
                           .volume = sums_slices,
                           .weight_texels = shared.reads_weight_texels};
    // No build for halves is needed if the texture unit converts them.
    traits.half_weights = has_half_weights && !traits.read_texels && !traits.weight_texels;
    const bool wants_halves = multiplies_halves(limits, request.real) && !has_half_weights;
    constexpr int64_t many_pixels = 64; // with fewer pixels, longer tiles leave lanes idle
    const bool is_long = traits.is_pointwise && traits.read_texels && !traits.shuffle_weights && !traits.phases &&
                         !wants_halves && registers_of(long_tile) <= registers && pass.grid.count() >= many_pixels;
    if (traits.read_texels || traits.weight_texels)
        traits.pixels = is_long ? long_tile.pixels : is_narrow ? 8 : 4;
    else if (traits.phases)
        traits.pixels = phase_tiles[largest_tile(phase_tiles, registers)].pixels;
    else
        traits.pixels = is_narrow ? narrow_tiles[largest_tile(narrow_tiles, registers)].pixels : shared.pixels;
    traits.halves = wants_halves && traits.blocks == 4 && traits.pixels <= 4 && !traits.phases &&
                    !traits.shuffle_weights && !traits.weight_texels;
    return traits;
}

ConvolutionKernel preferred_kernel(const Limits& limits, Storage inputs)
{
    if (inputs == Storage::i8)
        return ConvolutionKernel::direct;
    if (inputs == Storage::f16 && matrix_tile(limits))
        return ConvolutionKernel::matrices;
    if (limits.preferences.shared_memory == SharedMemory::fast)
        return ConvolutionKernel::shared;
    if (limits.preferences.shuffles && !multiplies_halves(limits, inputs)) // no kernels do both
        return ConvolutionKernel::shuffled;
    return limits.preferences.reads_texels ? ConvolutionKernel::texels : ConvolutionKernel::direct;
}

/// True if passes with few workgroups are cut into shares.
bool shares_depth(const ConvolutionChannels& channels, const KernelNeeds& needs)
{
    return needs.may_share_depth && has_long_sums(channels, needs.max_taps);
}

int64_t count_pixels(const Operand& y)
{
    return int64_t(y.batch()) * y.rows() * y.width();
}

/// Untuned heuristic: the shared-memory kernels need enough reduction depth and output channels. With few outputs the
/// direct kernels are faster, unless their few invocations with long sums leave more of a large GPU idle.
bool suits_shared_kernels(const ConvolutionChannels& channels, const KernelNeeds& needs, const Operand& y)
{
    constexpr int min_depth = 32;
    if (channels.outputs >= min_outputs)
        return channels.group_inputs() * needs.max_taps >= min_depth;
    constexpr int min_outputs_of_long_sums = 9; // half of the narrowest tile's blocks
    constexpr int64_t enough_invocations = 65536;
    const int64_t invocations = (count_pixels(y) + 7) / 8 * ((y.blocks() + 1) / 2);
    return channels.outputs >= min_outputs_of_long_sums && shares_depth(channels, needs) &&
           invocations < enough_invocations;
}

int64_t count_workgroups(const GroupTile& tile, const Operand& y)
{
    return div_ceil(count_pixels(y), tile.pixels) * div_ceil(y.blocks(), tile.blocks);
}

/// Untuned heuristic: the matrix kernels have no build for split-K. With less than one workgroup for each compute unit
/// of a large GPU, split-K or Winograd is faster.
bool suits_matrices(const GroupTile& tile, const ConvolutionChannels& channels, const KernelNeeds& needs,
                    const Operand& y)
{
    constexpr int64_t too_few_workgroups = 128;
    return channels.outputs >= min_outputs &&
           !(shares_depth(channels, needs) && count_workgroups(tile, y) < too_few_workgroups);
}

/// Tile that suits the outputs and fits the device's registers.
const GroupTile& preferred_tile(const ConvolutionChannels& channels, const KernelNeeds& needs, const Operand& y,
                                int registers)
{
    // The large tile takes 128 registers on GCN. Two waves a SIMD remain instead of three, but each multiply-add costs
    // a fifth less.
    constexpr int enough_registers = 84;
    const auto& [large, flat, narrow, wide] = shared_tiles;
    (void)wide; // used only if measured to be better
    const int tail = channels.outputs % (large.blocks * 4);
    if (tail != 0 && tail <= narrow.blocks * 4 && channels.outputs < 4 * large.blocks * 4)
        return narrow;
    if (registers < enough_registers)
        return flat;
    const int64_t pixels = count_pixels(y);
    if (shares_depth(channels, needs)) // shares make more workgroups
        return pixels <= flat.pixels ? flat : large;
    return count_workgroups(large, y) < enough_workgroups ? flat : large;
}

/// True if no tile of this many blocks crosses groups, and if one tile fits a binding of the weights, the output and
/// the residual.
bool fits_tile(int blocks, const ConvolutionPlan& plan, const PlanRequest& request, const KernelNeeds& needs)
{
    const Limits& limits = request.limits;
    const ConvolutionChannels& channels = plan.channels;
    const WeightOrder order = plan.order(needs.max_taps, blocks);
    const size_t weights_bytes = size_t(order.tile_pitch()) * element_bytes(plan.weights);
    const auto fits = [&](const Operand& operand)
    {
        return operand.buffer_bytes <= limits.max_storage_buffer_range_bytes ||
               blocks_per_window(operand, limits) >= size_t(blocks);
    };
    return (channels.groups == 1 || channels.group_outputs() % (blocks * 4) == 0) &&
           weights_bytes + binding_alignment(limits) <= limits.max_storage_buffer_range_bytes &&
           fits(request.outputs[0]) && (!plan.residual || fits(*plan.residual));
}

/// Tile of a workgroup of the wanted kernels; nullopt if these kernels do not suit the convolution.
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
                                             : preferred_tile(channels, needs, y, limits.preferences.registers);
    if (!fits_tile(tile.blocks, plan, request, needs))
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
    if (traits.family == ShaderFamily::conv_depthwise_tiles)
        return {.shader = shader, .pixels = traits.pixels, .tile = {traits.tile_rows, tile_columns}};
    const bool is_dense = traits.family == ShaderFamily::conv && traits.blocks > 1 && !traits.is_pointwise &&
                          !traits.phases && !traits.shuffle_weights;
    return {.shader = shader,
            .pixels = traits.pixels,
            .narrows_subgroups = is_dense && request.limits.preferences.narrows_dense_subgroups};
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
    int max_taps = 0;
    bool sums_slices = false;
    for (const ConvolutionPass& pass : passes)
    {
        max_taps = std::max(max_taps, pass.kernel.count());
        sums_slices = sums_slices || pass.sums_slices(request.inputs[0].depth());
    }
    const Storage stored = request.inputs[0].storage;
    ConvolutionPlan shared = {.channels = channels, .activation = activation, .residual = residual, .weights = stored};
    choose_kernel(
        shared, request,
        {.max_taps = max_taps,
         .sums_slices = sums_slices,
         .inputs = stored,
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
        const bool is_narrow = channels.outputs <= 4 || !fits_tile(wide, plan, request, needs);
        return channels.is_depthwise() ? 0 : is_narrow ? 1 : wide;
    };
    // A launch reads the weights of at least one tile.
    const WeightOrder order = plan.order(needs.max_taps, blocks_of(4));
    const size_t slack = binding_alignment(limits) / element_bytes(plan.weights);
    const bool wants_texels = wanted == ConvolutionKernel::texels || wanted == ConvolutionKernel::shuffled;
    const bool fits_weights = size_t(order.tile_pitch()) + slack <= limits.max_texel_buffer_elements;
    plan.reads_texels = wants_texels && needs.may_read_texels && fits_weights;
    plan.reads_weight_texels =
        wants_texels && !needs.may_read_texels && needs.may_read_weight_texels && fits_weights && order.blocks == 4;
    plan.shuffles_weights = wanted == ConvolutionKernel::shuffled && plan.reads_texels && limits.has_subgroup_shuffle &&
                            limits.subgroup_size >= shuffled_weights;
    if (plan.reads_texels || plan.reads_weight_texels)
    {
        plan.blocks = blocks_of(4);
        return;
    }
    const int registers = registers_besides_slices(limits.preferences, needs.sums_slices);
    const bool is_chosen = request.choice && request.choice->kernel == ConvolutionKernel::direct;
    const std::span<const DirectTile> tiles = std::span(direct_tiles).subspan(plan.multiplies_bytes() ? 1 : 0);
    size_t tile = size_t(is_chosen ? request.choice->tile : largest_tile(tiles, registers));
    while (tile + 1 < tiles.size() && !fits_tile(tiles[tile].blocks, plan, request, needs))
        ++tile;
    plan.blocks = blocks_of(tiles[tile].blocks);
    plan.pixels = tiles[tile].pixels;
}

int registers_of(const DirectTile& tile)
{
    const int sums = 4 * tile.pixels * tile.blocks;
    const int values = 4 * tile.pixels;
    const int weights = tile.pixels == 8 ? 16 : 4; // smaller tiles hold one weight at a time (HOLDS_LITTLE, conv.comp)
    const int addresses = 3 * tile.pixels + 8;
    return sums + values + weights + addresses;
}

int largest_tile(std::span<const DirectTile> tiles, int registers)
{
    const auto fits = [&](const DirectTile& tile) { return registers_of(tile) <= registers; };
    const auto found = std::find_if(tiles.begin(), tiles.end(), fits);
    return int(std::min<std::ptrdiff_t>(found - tiles.begin(), std::ssize(tiles) - 1));
}

} // namespace vkseg
