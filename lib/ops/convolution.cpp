#include "ops/convolution.hpp"

#include "base/try.hpp"
#include "conv.h"
#include "ops/operators.hpp"
#include "shared/residual.h"

#include <algorithm>
#include <limits>

namespace vkseg {
namespace {

/// Of a subgroup that shares weights, each loads one of so many (shaders/shared/conv.glsl).
constexpr uint32_t shuffled_weights = 8;

struct Kernel
{
    Shader shader = {};
    int pixels = 0;        ///< that an invocation computes
    Extent2 tile = {1, 1}; ///< of outputs that count as one pixel
};

bool is_pointwise(const ConvolutionPass& pass, const Operand& x)
{
    return pass.kernel.count() == 1 && pass.stride.count() == 1 && pass.origin.height == 0 && pass.origin.width == 0 &&
           pass.grid.height <= x.rows() && pass.grid.width <= x.width();
}

/// Those of a tile that is computed from shared memory.
Kernel find_shared_kernel(const GroupTile& tile, bool has_half_weights)
{
    if (tile.has_matrices())
        return {.shader = Shader::conv_matrices};
    const int pixels = tile.pixels / int(tile.invocations[0]);
    if (pixels == 8)
        return {has_half_weights ? Shader::conv_shared_half_weights : Shader::conv_shared, pixels};
    assert(pixels == 4);
    return {has_half_weights ? Shader::conv_shared_small_half_weights : Shader::conv_shared_small, pixels};
}

/// PIXELS of the shader files, and the tiles of the depthwise ones.
Kernel find_kernel(const ConvolutionPlan& shared, const ConvolutionPass& pass, const PlanRequest& request)
{
    const auto read = [&](Shader buffers, Shader texels) { return shared.reads_texels ? texels : buffers; };
    if (shared.form == 0)
    {
        const bool is_dense = pass.kernel.height == pass.kernel.width && pass.stride.count() == 1 &&
                              pass.dilation.height == 1 && pass.dilation.width == 1;
        if (is_dense && pass.kernel.width == 3 && shared.only_bounds())
            return {read(Shader::conv_depthwise3_bounded, Shader::conv_depthwise3_bounded_texel), 1, {4, 4}};
        if (is_dense && pass.kernel.width == 3)
            return {read(Shader::conv_depthwise3, Shader::conv_depthwise3_texel), 1, {4, 4}};
        if (is_dense && pass.kernel.width == 5)
            return {read(Shader::conv_depthwise5, Shader::conv_depthwise5_texel), 1, {2, 4}};
        return {read(Shader::conv_depthwise, Shader::conv_depthwise_texel), 4};
    }
    if (shared.group_tile)
        return find_shared_kernel(*shared.group_tile, shared.weights != request.real);
    if (shared.form == 1)
        return {read(Shader::conv_narrow, Shader::conv_narrow_texel), 8};
    const bool pointwise = is_pointwise(pass, request.inputs[0]);
    if (shared.takes_phases)
        return {shared.shuffles_weights ? Shader::conv_phases_shuffle
                                        : read(Shader::conv_phases, Shader::conv_phases_texel),
                4};
    if (shared.shuffles_weights)
        return {pointwise ? Shader::conv_pointwise_shuffle : Shader::conv_shuffle, 4};
    constexpr int64_t many_pixels = 64; // of fewer, longer tiles leave lanes idle
    if (shared.reads_texels && pointwise && request.limits.is_software && pass.grid.count() >= many_pixels)
        return {Shader::conv_pointwise_long, 8};
    if (shared.reads_texels)
        return {pointwise ? Shader::conv_pointwise_texel : Shader::conv_texel, 4};
    if (shared.reads_weight_texels)
        return {pointwise ? Shader::conv_pointwise_weight_texels : Shader::conv_weight_texels, 4};
    if (pointwise && shared.weights != request.real)
        return {Shader::conv_pointwise_half_weights, 8};
    return {pointwise ? Shader::conv_pointwise : Shader::conv, 8};
}

int pair(Extent2 extent)
{
    return int(uint32_t(extent.height) << 16 | (uint32_t(extent.width) & 0xffffu));
}

/// Large groups amortise; in small planes the narrower one wins that leaves fewer of its invocations idle.
uint32_t workgroup_width(int64_t pixels, int pixels_each, const Limits& limits)
{
    constexpr uint32_t wide = 64;
    if (pixels >= int64_t(pixels_each) * wide * 8)
        return wide;
    const auto computed = [&](uint32_t width)
    {
        const int64_t group = int64_t(width) * pixels_each;
        return (pixels + group - 1) / group * group;
    };
    uint32_t best = limits.is_software ? 16 : 32; // software has eight lanes at most, GPUs 32 or more
    if (limits.is_software && computed(8) < computed(best))
        best = 8;
    return best;
}

size_t round_down(size_t value, size_t multiple)
{
    return value / multiple * multiple;
}

/// How the launches of a pass share its tiles and batch entries.
struct Cut
{
    int tiles = 1;
    int batches = 1;
    bool windows_input = false; ///< one batch entry
    bool windows_weights = false;
    bool windows_output = false;
    bool windows_residual = false;
};

/// Blocks of a tensor that a window may hold; the window's start is moved back to an aligned offset.
size_t blocks_per_window(const Operand& operand, const Limits& limits)
{
    const size_t block_bytes = size_t(operand.view.block_pitch) * element_bytes(operand.storage);
    return (limits.max_storage_buffer_range_bytes - limits.storage_buffer_alignment_bytes) / block_bytes;
}

Result<Cut> cut_pass(const PlanRequest& request, const ConvolutionPlan& shared, const ConvolutionPass& pass,
                     const WeightOrder& order)
{
    const Limits& limits = request.limits;
    const Operand& y = request.outputs[0];
    const size_t element = element_bytes(shared.weights);
    const size_t weights_range = shared.reads_texels || shared.reads_weight_texels
                                     ? limits.max_texel_buffer_elements * element
                                     : limits.max_storage_buffer_range_bytes;
    Cut cut = {.batches = y.batch()};
    if (shared.reads_texels && !fits_texels(request.inputs[0], limits))
    {
        cut.windows_input = true;
        cut.batches = 1;
    }
    size_t tiles = size_t(order.tiles());
    if (size_t(shared.weights_elements) * element > weights_range)
    {
        cut.windows_weights = true;
        if (pass.weights_batch_pitch != 0)
            cut.batches = 1;
        const size_t tile_bytes = size_t(order.tile_pitch()) * element;
        const size_t usable = weights_range - std::min(weights_range, binding_alignment(limits));
        tiles = std::min(tiles, usable / tile_bytes);
        if (tiles == 0)
            return Status(StatusCode::out_of_memory, "the weights of " + std::to_string(order.tile_blocks() * 4) +
                                                         " channels take " + std::to_string(tile_bytes) +
                                                         " bytes, but the device binds at most " +
                                                         std::to_string(usable) + " at a time; f16 helps");
    }
    const auto window = [&](const Operand& operand)
    {
        cut.batches = 1; // a window of several batch entries would hold all that lies between them
        tiles = std::min(tiles, blocks_per_window(operand, limits) / size_t(order.tile_blocks()));
        return true;
    };
    if (y.buffer_bytes > limits.max_storage_buffer_range_bytes)
        cut.windows_output = window(y);
    if (shared.residual && !shared.reads_texels &&
        shared.residual->buffer_bytes > limits.max_storage_buffer_range_bytes)
        cut.windows_residual = window(*shared.residual);
    if (tiles == 0)
        return cut.windows_output ? check_binding("output", y, limits)
                                  : check_binding("residual", *shared.residual, limits);
    cut.tiles = int(std::min<size_t>({tiles, limits.max_workgroup_count[0], limits.max_workgroup_count[1]}));
    return cut;
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

/// Without a choice: of few outputs a tile leaves too much idle, and of few inputs there is little to share.
bool suits_shared_kernels(const ConvolutionChannels& channels, int most_taps)
{
    constexpr int least_outputs = 24;
    constexpr int least_depth = 32;
    return channels.outputs >= least_outputs && channels.group_inputs() * most_taps >= least_depth;
}

/// The tile that suits the outputs.
const GroupTile& preferred_tile(const ConvolutionChannels& channels, const Operand& y)
{
    constexpr int64_t enough_workgroups = 256; // a few for each unit of a large GPU
    const auto& [large, flat, narrow, wide] = shared_tiles;
    (void)wide; // only where it was measured to be better
    const int tail = channels.outputs % (large.blocks * 4);
    if (tail != 0 && tail <= narrow.blocks * 4 && channels.outputs < 4 * large.blocks * 4)
        return narrow;
    const int64_t pixels = int64_t(y.batch()) * y.rows() * y.width();
    const int64_t workgroups =
        (pixels + large.pixels - 1) / large.pixels * ((y.blocks() + large.blocks - 1) / large.blocks);
    return workgroups < enough_workgroups ? flat : large;
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
    if (!request.choice && !suits_shared_kernels(channels, needs.most_taps))
        return std::nullopt;
    std::optional<GroupTile> matrices;
    if (wanted == ConvolutionKernel::matrices && needs.inputs == Storage::f16)
        matrices = matrix_tile(limits);
    const GroupTile& tile = matrices         ? *matrices
                            : request.choice ? shared_tiles[request.choice->tile]
                                             : preferred_tile(channels, y);
    const WeightOrder order = {.channels = channels, .taps = needs.most_taps, .form = uint32_t(tile.blocks)};
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

/// The binding and view of `blocks` blocks of `batches` entries: the whole buffer, or a window of it.
BlockWindow bind_blocks(Binding whole, Operand operand, int batch, int first_block, int blocks, bool windows,
                        const Limits& limits)
{
    operand.view.offset += batch * operand.view.batch_pitch;
    if (!windows)
        return {.binding = whole, .view = operand.view};
    operand.shape[0] = 1;
    BlockWindow window =
        block_window(whole, operand, first_block, std::min(blocks, operand.blocks() - first_block), limits);
    window.view.offset -= first_block * operand.view.block_pitch; // kernels count blocks from the tensor's first
    return window;
}

} // namespace

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

size_t binding_alignment(const Limits& limits)
{
    return std::max(limits.storage_buffer_alignment_bytes, limits.texel_buffer_alignment_bytes);
}

WeightOrder::Blocks WeightOrder::input_blocks(int tile) const
{
    const int first = tile * tile_blocks() * 4;
    const int last = std::min(first + tile_blocks() * 4, channels.outputs) - 1;
    return {.first = first / channels.group_outputs() * channels.group_inputs() / 4,
            .end = ((last / channels.group_outputs() + 1) * channels.group_inputs() + 3) / 4};
}

uint32_t ConvolutionPlan::residual_place() const
{
    if (residual == nullptr)
        return contract::residual_none;
    return adds_residual_last ? contract::residual_last : contract::residual_before_activation;
}

int64_t WeightOrder::tile_pitch() const
{
    if (form == 0)
        return 1 + taps;
    int most = 0;
    for (int tile = 0; tile < tiles(); ++tile)
    {
        const Blocks blocks = input_blocks(tile);
        most = std::max(most, blocks.end - blocks.first);
    }
    return tile_blocks() * (1 + int64_t(most) * taps * 4);
}

Result<ConvolutionPlan> choose_convolution(const PlanRequest& request, const ConvolutionChannels& channels,
                                           int most_taps, const Activation& activation, const Operand* residual)
{
    const Limits& limits = request.limits;
    ConvolutionPlan shared = {
        .channels = channels, .activation = activation, .residual = residual, .weights = request.real};
    choose_kernel(
        shared, request,
        {.most_taps = most_taps,
         .inputs = request.real,
         .may_read_texels = fits_texels(request.inputs[0], limits) && (!residual || fits_texels(*residual, limits))});
    if (!shared.reads_texels)
        VKSEG_TRY(check_binding("input", request.inputs[0], limits));
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
        plan.form = uint32_t(plan.group_tile->blocks);
        return;
    }
    const auto form_of = [&](uint32_t wide) // BLOCKS of the shader files
    {
        const bool is_narrow =
            channels.outputs <= 4 || (channels.groups > 1 && channels.group_outputs() % (wide * 4) != 0);
        return channels.is_depthwise() ? 0 : is_narrow ? 1 : wide;
    };
    // A launch reads the weights of one tile at least.
    const WeightOrder order = {.channels = channels, .taps = needs.most_taps, .form = form_of(4)};
    const size_t slack = binding_alignment(limits) / element_bytes(plan.weights);
    const bool wants_texels = wanted == ConvolutionKernel::texels || wanted == ConvolutionKernel::shuffled;
    const bool fits_weights = size_t(order.tile_pitch()) + slack <= limits.max_texel_buffer_elements;
    plan.reads_texels = wants_texels && needs.may_read_texels && fits_weights;
    plan.reads_weight_texels = wants_texels && !needs.may_read_texels && fits_weights && order.form == 4;
    plan.shuffles_weights = wanted == ConvolutionKernel::shuffled && plan.reads_texels && limits.has_subgroup_shuffle &&
                            limits.subgroup_size >= shuffled_weights;
    plan.form = form_of(plan.reads_texels || plan.reads_weight_texels ? 4 : 2);
}

bool is_fused_by_convolutions(UnaryKind kind)
{
    switch (kind)
    {
    case UnaryKind::identity:
    case UnaryKind::relu:
    case UnaryKind::leaky_relu:
    case UnaryKind::hard_sigmoid:
    case UnaryKind::hard_swish:
    case UnaryKind::clip:
        return true;
    default:
        return false;
    }
}

bool is_fused_by_convolutions(UnaryKind kind, int64_t outputs)
{
    return is_fused_by_convolutions(kind) || (kind == UnaryKind::sigmoid && outputs <= 4);
}

bool ConvolutionPlan::only_bounds() const
{
    const bool has_bounds = activation.kind == UnaryKind::relu || activation.kind == UnaryKind::clip;
    return residual == nullptr && (has_bounds || activation.kind == UnaryKind::identity || !fuses(activation.kind));
}

bool ConvolutionPlan::fuses(UnaryKind kind) const
{
    const bool is_narrow = !group_tile && (form == 1 || takes_phases); // FUSES_SIGMOID of the shader files
    return is_fused_by_convolutions(kind, is_narrow ? channels.outputs : std::numeric_limits<int64_t>::max());
}

Status add_activation(Plan& plan, const PlanRequest& request, const Activation& activation)
{
    const Operand& y = request.outputs[0];
    const TensorInfo info = {.type = y.type, .shape = y.shape};
    const Unary op = {.kind = activation.kind, .a = activation.a, .b = activation.b};
    VKSEG_ASSIGN(Plan in_place, vkseg::plan(op, PlanRequest{.inputs = {&y, 1},
                                                            .outputs = request.outputs,
                                                            .infos = {&info, 1},
                                                            .limits = request.limits,
                                                            .real = request.real}));
    for (Dispatch& dispatch : in_place.dispatches)
    {
        for (Binding& binding : dispatch.bindings)
            binding.kind = Binding::Kind::output;
        plan.dispatches.push_back(std::move(dispatch));
    }
    return {};
}

Status add_pass(Plan& plan, const PlanRequest& request, const ConvolutionPlan& shared, const ConvolutionPass& pass)
{
    const Limits& limits = request.limits;
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    const ConvolutionChannels& channels = shared.channels;
    const WeightOrder order = {.channels = channels, .taps = pass.kernel.count(), .form = shared.form};
    if (shared.weights_elements > std::numeric_limits<int32_t>::max())
        return Status(StatusCode::unsupported, "weights of more than 2^33 values");
    VKSEG_ASSIGN(const Cut cut, cut_pass(request, shared, pass, order));

    const Kernel kernel = find_kernel(shared, pass, request);
    // Next to each other in time run the tiles of the same pixels, so that these are read from cache; where there are
    // few of them to read, those that write next to each other instead.
    const bool is_tile_fastest = shared.form != 0 && channels.inputs > 4;
    const int64_t pixels = int64_t(pass.grid.height + kernel.tile.height - 1) / kernel.tile.height *
                           ((pass.grid.width + kernel.tile.width - 1) / kernel.tile.width);
    const std::array<uint32_t, 2> invocations = shared.group_tile
                                                    ? shared.group_tile->invocations
                                                    : std::array{workgroup_width(pixels, kernel.pixels, limits), 1u};
    const int64_t group_pixels =
        shared.group_tile ? shared.group_tile->pixels : int64_t(invocations[0]) * kernel.pixels;
    const int64_t groups = (pixels + group_pixels - 1) / group_pixels;
    const int64_t groups_at_once = std::min<int64_t>(groups, limits.max_workgroup_count[is_tile_fastest ? 1 : 0]);
    const int64_t folds = (groups + groups_at_once - 1) / groups_at_once;
    const int batches_at_once = int(std::min<int64_t>(cut.batches, limits.max_workgroup_count[2] / folds));

    const Activation fused = shared.fuses(shared.activation.kind) ? shared.activation : Activation{};
    contract::Convolution constants = {.y = {},
                                       .x = x.view,
                                       .residual = {},
                                       .out_height = pass.grid.height,
                                       .out_width = pass.grid.width,
                                       .in_height = x.rows(),
                                       .in_width = x.width(),
                                       .kernel = pair(pass.kernel),
                                       .stride = pair(pass.stride),
                                       .dilation = pair(pass.dilation),
                                       .row_origin = pass.origin.height,
                                       .column_origin = pass.origin.width,
                                       .column_step = pass.out_step.width,
                                       .out_channels = channels.outputs,
                                       .group_inputs = channels.group_inputs(),
                                       .group_outputs = channels.group_outputs(),
                                       .first_tile = 0,
                                       .weights_offset = 0,
                                       .tile_pitch = int(order.tile_pitch()),
                                       .batch = 1,
                                       .weights_batch_pitch = int(pass.weights_batch_pitch),
                                       .a = fused.a,
                                       .b = fused.b};
    const size_t element = element_bytes(shared.weights);
    for (int batch = 0; batch < y.batch(); batch += batches_at_once)
    {
        constants.batch = std::min(batches_at_once, y.batch() - batch);
        for (int tile = 0; tile < order.tiles(); tile += cut.tiles)
        {
            const int tiles = std::min(cut.tiles, order.tiles() - tile);
            const int first_block = tile * order.tile_blocks();
            const int blocks = tiles * order.tile_blocks();

            const BlockWindow out = bind_blocks(output(), y, batch, first_block, blocks, cut.windows_output, limits);
            constants.y = out.view;
            constants.y.offset += pass.out_begin.height * y.view.row_pitch + pass.out_begin.width;
            constants.y.row_pitch *= pass.out_step.height;

            Binding in = input(0);
            if (shared.reads_texels)
                in.texels = request.real;
            constants.x.offset = x.view.offset + batch * x.view.batch_pitch;
            if (cut.windows_input)
            {
                const size_t texel = element_bytes(request.real);
                const size_t begin = size_t(constants.x.offset) * texel;
                in.offset_bytes = round_down(begin, binding_alignment(limits));
                in.size_bytes = begin + size_t(x.view.batch_pitch) * texel - in.offset_bytes;
                constants.x.offset -= int(in.offset_bytes / texel);
            }

            BlockWindow added = {.binding = in, .view = {}}; // the kernels declare a residual, used or not
            if (shared.residual)
            {
                const uint32_t last = uint32_t(request.inputs.size() - 1);
                added = bind_blocks(input(last), *shared.residual, batch, first_block, blocks, cut.windows_residual,
                                    limits);
                added.binding.texels = in.texels;
            }
            constants.residual = added.view;

            Binding packed = shared.packed;
            if (shared.reads_texels || shared.reads_weight_texels)
                packed.texels = shared.weights;
            constants.weights_offset = int(pass.weights_begin + batch * pass.weights_batch_pitch);
            constants.first_tile = tile;
            if (cut.windows_weights)
            {
                const size_t begin =
                    size_t(pass.weights_begin + batch * pass.weights_batch_pitch + tile * order.tile_pitch()) * element;
                packed.offset_bytes = round_down(begin, binding_alignment(limits));
                packed.size_bytes = begin + size_t(tiles * order.tile_pitch()) * element - packed.offset_bytes;
                constants.weights_offset -= int(packed.offset_bytes / element);
            }

            Dispatch dispatch = {.shader = kernel.shader, .variant = request.real};
            dispatch.workgroup_size = {invocations[0], invocations[1], 1};
            dispatch.specialization = {uint32_t(fused.kind), shared.residual_place(), is_tile_fastest};
            if (shared.group_tile && shared.group_tile->has_matrices())
            {
                const MatrixShape& shape = shared.group_tile->matrices;
                dispatch.specialization.insert(dispatch.specialization.end(), {shape.rows, shape.columns, shape.depth});
            }
            dispatch.push_constants = constants;
            dispatch.bindings = {out.binding, in, packed, added.binding};
            const auto across = uint32_t(groups_at_once);
            const auto deep = uint32_t(constants.batch * folds);
            dispatch.workgroup_count =
                is_tile_fastest ? std::array{uint32_t(tiles), across, deep} : std::array{across, uint32_t(tiles), deep};
            dispatch.operations = 2.0 * constants.batch * double(pass.grid.count()) * pass.kernel.count() *
                                  channels.group_inputs() * std::min(blocks * 4, channels.outputs);
            plan.dispatches.push_back(std::move(dispatch));
        }
    }
    return {};
}

} // namespace vkseg
